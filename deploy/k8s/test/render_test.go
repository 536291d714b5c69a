package k8s_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are the objects that one kustomization renders to.
type manifests []metav1.Object

// render renders the kustomization in folder. A field that Kubernetes does not
// know, or one that is there twice, fails the test.
func render(t *testing.T, folder string) manifests {
	t.Helper()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("render %s: %v", folder, err)
	}

	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()

	var all manifests
	for _, resource := range rendered.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatalf("%s of %s: %v", resource.CurId(), folder, err)
		}
		object, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			t.Fatalf("%s of %s: %v", resource.CurId(), folder, err)
		}
		all = append(all, object.(metav1.Object))
	}
	return all
}

// objects picks those of one type.
func objects[T metav1.Object](m manifests) []T {
	var some []T
	for _, object := range m {
		if one, ok := object.(T); ok {
			some = append(some, one)
		}
	}
	return some
}

// deployment is the one Deployment there is.
func (m manifests) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	found := objects[*appsv1.Deployment](m)
	if len(found) != 1 {
		t.Fatalf("%d deployments, want one", len(found))
	}
	return found[0]
}

// container is the one container of the pods.
func (m manifests) container(t *testing.T) corev1.Container {
	t.Helper()
	spec := m.deployment(t).Spec.Template.Spec
	if len(spec.Containers) != 1 || len(spec.InitContainers) > 0 {
		t.Fatalf("%d containers and %d before them, want one and none", len(spec.Containers), len(spec.InitContainers))
	}
	return spec.Containers[0]
}

// settingsFile is the content of the file that the container's arguments name,
// found through its mounts as the kubelet would.
func (m manifests) settingsFile(t *testing.T) []byte {
	t.Helper()
	container := m.container(t)
	if len(container.Args) != 1 || !strings.HasPrefix(container.Args[0], "--config=") {
		t.Fatalf("arguments are %q, want --config and nothing else", container.Args)
	}
	folder, file := filepath.Split(strings.TrimPrefix(container.Args[0], "--config="))
	for _, mount := range container.VolumeMounts {
		if mount.MountPath != filepath.Clean(folder) {
			continue
		}
		for _, volume := range m.deployment(t).Spec.Template.Spec.Volumes {
			if volume.Name != mount.Name || volume.ConfigMap == nil {
				continue
			}
			for _, source := range objects[*corev1.ConfigMap](m) {
				if content, ok := source.Data[file]; ok && source.Name == volume.ConfigMap.Name {
					return []byte(content)
				}
			}
		}
	}
	t.Fatalf("no ConfigMap brings the file of %s", container.Args[0])
	return nil
}

// settings are the names and values of the settings file.
func (m manifests) settings(t *testing.T) map[string]string {
	t.Helper()
	var raw map[string]any
	if err := yaml.UnmarshalStrict(m.settingsFile(t), &raw); err != nil {
		t.Fatalf("settings: %v", err)
	}
	settings := make(map[string]string)
	for name, value := range raw {
		text, err := yaml.Marshal(value)
		if err != nil {
			t.Fatalf("settings: %s: %v", name, err)
		}
		settings[name] = strings.Trim(strings.TrimSpace(string(text)), `"'`)
	}
	return settings
}

func TestEveryFileIsUsedAndHasNoKeyTwice(t *testing.T) {
	t.Parallel()
	root := ".."
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		path = filepath.Join(root, path)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := yaml.UnmarshalStrict(content, new(map[string]any)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if filepath.Base(path) == "kustomization.yaml" {
			return nil
		}
		kustomization, err := os.ReadFile(filepath.Join(filepath.Dir(path), "kustomization.yaml"))
		if err != nil {
			return err
		}
		if !strings.Contains(string(kustomization), filepath.Base(path)+"\n") {
			t.Errorf("%s is not in the kustomization beside it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
