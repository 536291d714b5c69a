package k8s_test

import (
	"bytes"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"sigs.k8s.io/yaml"
)

// The image is built by ko on a base of our own: no files at all, only the
// configuration that says who the process runs as. The base is kept in the
// repository as the cache folder of a pull that never happened, so that a build
// needs no registry; this file is where it comes from and what checks it.

// update makes TestBaseImage write the base instead of comparing it.
var update = flag.Bool("update", false, "rewrite deploy/ko/base and print its digest")

const (
	baseFolder = "../../ko/base"
	koConfig   = "../../ko/.ko.yaml"
	// builtFolder is where deploy/ko/build.sh leaves the image.
	builtFolder = "../../../dist/image"
	// baseName goes before the digest in the configuration of ko. localhost
	// says that no registry has it.
	baseName = "localhost/switchboard-base"
)

func TestBaseImage(t *testing.T) {
	t.Parallel()
	fresh := t.TempDir()
	digest := writeBase(t, fresh)
	if *update {
		if err := os.RemoveAll(baseFolder); err != nil {
			t.Fatal(err)
		}
		for path, content := range contents(t, fresh) {
			path = filepath.Join(baseFolder, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("the base is %s@%s", baseName, digest)
	}

	t.Run("the committed files are the ones that this test makes", func(t *testing.T) {
		t.Parallel()
		want, got := contents(t, fresh), contents(t, baseFolder)
		if !maps.EqualFunc(want, got, bytes.Equal) {
			t.Errorf("deploy/ko/base differs: run this test with -update\nwant files %q\n got files %q",
				slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		}
	})
	t.Run("the configuration of ko names it by digest", func(t *testing.T) {
		t.Parallel()
		text, err := os.ReadFile(koConfig)
		if err != nil {
			t.Fatal(err)
		}
		var config struct {
			DefaultBaseImage string `json:"defaultBaseImage"`
		}
		if err := yaml.Unmarshal(text, &config); err != nil {
			t.Fatal(err)
		}
		if want := baseName + "@" + digest; config.DefaultBaseImage != want {
			t.Errorf("defaultBaseImage is %q, want %q", config.DefaultBaseImage, want)
		}
	})
}

// TestBuiltImage checks what deploy/ko/build.sh has built, if it has.
func TestBuiltImage(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(builtFolder); err != nil {
		t.Skip("SKIPPED: there is no dist/image; deploy/ko/build.sh builds it")
	}
	index, err := layout.ImageIndexFromPath(builtFolder)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("the layout is not sound: %v", err)
	}
	images := imagesOf(t, index)
	if len(images) == 0 {
		t.Fatal("the layout holds no image")
	}
	for _, image := range images {
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		t.Run(file.OS+" on "+file.Architecture, func(t *testing.T) {
			t.Parallel()
			checkBuilt(t, file)
		})
	}
}

func checkBuilt(t *testing.T, file *v1.ConfigFile) {
	t.Helper()
	if file.OS != "linux" {
		t.Errorf("os is %q, want linux", file.OS)
	}
	pod := render(t, "../base").deployment(t).Spec.Template.Spec
	// A name instead of a number would make runAsNonRoot refuse the image.
	if want := userAndGroup(t, pod.SecurityContext); file.Config.User != want {
		t.Errorf("user is %q, want %q as in the Deployment", file.Config.User, want)
	}
	if want := []string{"/ko-app/server"}; !slices.Equal(file.Config.Entrypoint, want) {
		t.Errorf("entrypoint is %q, want %q", file.Config.Entrypoint, want)
	}
	if len(file.Config.Cmd) > 0 {
		t.Errorf("cmd is %q, want none: the Deployment gives the arguments", file.Config.Cmd)
	}
	if len(file.Config.ExposedPorts) > 0 || len(file.Config.Volumes) > 0 {
		t.Errorf("ports %v and volumes %v are declared, want none: the Deployment says them",
			file.Config.ExposedPorts, file.Config.Volumes)
	}
	for _, variable := range file.Config.Env {
		name, _, _ := strings.Cut(variable, "=")
		if !slices.Contains([]string{"PATH", "KO_DATA_PATH"}, name) {
			t.Errorf("the variable %s is set in the image, want only ko's own", name)
		}
	}
	// An empty folder for data files, and the program.
	if got := len(file.RootFS.DiffIDs); got != 2 {
		t.Errorf("the image has %d layers, want 2", got)
	}
}

// imagesOf lists the images of an index and of the indexes inside it.
func imagesOf(t *testing.T, index v1.ImageIndex) []v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var images []v1.Image
	for _, one := range manifest.Manifests {
		if one.MediaType.IsIndex() {
			nested, err := index.ImageIndex(one.Digest)
			if err != nil {
				t.Fatal(err)
			}
			images = append(images, imagesOf(t, nested)...)
			continue
		}
		image, err := index.Image(one.Digest)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, image)
	}
	return images
}

// writeBase writes the base image for every platform into an OCI layout and
// returns the digest of its index. The layout also lists the images by
// themselves: ko looks each up at the top, as in its cache.
func writeBase(t *testing.T, folder string) string {
	t.Helper()
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := mutate.ConfigFile(mutate.ConfigMediaType(
			mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON,
		), &v1.ConfigFile{
			OS:           "linux",
			Architecture: architecture,
			Config:       v1.Config{User: "65532:65532", WorkingDir: "/"},
			RootFS:       v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := path.AppendImage(image); err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image,
			Descriptor: v1.Descriptor{
				Platform: &v1.Platform{OS: "linux", Architecture: architecture},
			},
		})
	}
	if err := path.AppendIndex(index); err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// contents reads every file below folder.
func contents(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, path))
		files[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
