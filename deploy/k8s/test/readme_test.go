package k8s_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const readme = "../../README.md"

// block is a fenced block of Markdown: indentation, language, content.
var block = regexp.MustCompile("(?ms)^( *)```(\\w+)\n(.*?)^ *```$")

// blocks lists the README's blocks in one language, without indentation.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range block.FindAllStringSubmatch(string(text), -1) {
		if match[2] == language {
			found = append(found, strings.ReplaceAll("\n"+match[3], "\n"+match[1], "\n")[1:])
		}
	}
	if len(found) == 0 {
		t.Fatalf("the README shows no %s", language)
	}
	return found
}

// renderReadme renders the overlay that the README has its reader write.
func renderReadme(t *testing.T) manifests {
	t.Helper()
	folder := t.TempDir()
	overlay := filepath.Join(folder, "overlays", "production")
	if err := os.CopyFS(filepath.Join(folder, "base"), os.DirFS("../base")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(overlay, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, content := range blocks(t, "yaml") {
		title, _, _ := strings.Cut(content, "\n")
		write(t, filepath.Join(overlay, strings.TrimPrefix(title, "# ")), []byte(content))
	}
	return render(t, overlay)
}

func TestReadmeCommandsFitTheManifests(t *testing.T) {
	t.Parallel()
	commands := strings.Join(blocks(t, "sh"), "\n")

	t.Run("the secret it creates is the one that the pods mount", func(t *testing.T) {
		t.Parallel()
		for _, volume := range renderReadme(t).deployment(t).Spec.Template.Spec.Volumes {
			if volume.Secret == nil {
				continue
			}
			for _, item := range volume.Secret.Items {
				create := regexp.MustCompile(`secret generic ` + volume.Secret.SecretName + ` .*--from-file=` + item.Key + `( |\n)`)
				if !create.MatchString(commands) {
					t.Errorf("no command creates %s with the key %s", volume.Secret.SecretName, item.Key)
				}
			}
		}
	})
	t.Run("the folders it applies are there or its own", func(t *testing.T) {
		t.Parallel()
		for _, match := range regexp.MustCompile(`-k (\S+)`).FindAllStringSubmatch(commands, -1) {
			if match[1] == "deploy/k8s/overlays/production" {
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, match[1], "kustomization.yaml")); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("the objects it names are in the namespaces it names", func(t *testing.T) {
		t.Parallel()
		for _, m := range []manifests{renderReadme(t), render(t, "../overlays/sandbox")} {
			namespace := m.deployment(t).Namespace
			want := "kubectl -n " + namespace + " rollout status deployment/" + m.deployment(t).Name + "\n"
			if !strings.Contains(commands, want) {
				t.Errorf("missing: %s", want)
			}
		}
	})
	t.Run("every service is explained", func(t *testing.T) {
		t.Parallel()
		text, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		for _, service := range objects[*corev1.Service](renderReadme(t)) {
			if !strings.Contains(string(text), "| Service `"+service.Name+"`, ") {
				t.Errorf("no row of the table explains %s", service.Name)
			}
		}
	})
}
