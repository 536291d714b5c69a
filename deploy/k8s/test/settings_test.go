package k8s_test

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const repository = "../../.."

// TestServerAcceptsTheSettings has the server read every settings file and
// print what it makes of it: an unknown name or a wrong value fails.
func TestServerAcceptsTheSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := filepath.Join(folder, "server")
	build := sync.OnceValues(func() ([]byte, error) {
		command := exec.CommandContext(t.Context(), "go", "build", "-o", server, "./cmd/server")
		command.Dir = repository
		return command.CombinedOutput()
	})

	for _, v := range variants(t) {
		t.Run(v.name, func(t *testing.T) {
			// Not parallel: the folder of the program goes when the parent ends.
			if output, err := build(); err != nil {
				t.Skipf("SKIPPED: the server does not build, so its settings are unknown: %v\n%s", err, output)
			}
			file := filepath.Join(t.TempDir(), "settings.yaml")
			write(t, file, v.manifests.settingsFile(t))
			arguments := []string{"--config=" + file, "--print-config"}
			// The files that only the cluster has.
			for _, name := range slices.Sorted(maps.Keys(v.manifests.settings(t))) {
				if strings.HasSuffix(name, "-file") {
					stand := filepath.Join(t.TempDir(), name)
					write(t, stand, []byte("stand-in"))
					arguments = append(arguments, "--"+name+"="+stand)
				}
			}
			command := exec.CommandContext(t.Context(), server, arguments...)
			// Nothing from the shell that the test runs in.
			command.Env = []string{}
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
}

func TestFilesNamedInTheSettingsAreMounted(t *testing.T) {
	t.Parallel()
	for _, v := range variants(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			var named []string
			for name, file := range v.manifests.settings(t) {
				if strings.HasSuffix(name, "-file") {
					named = append(named, file)
				}
			}
			slices.Sort(named)
			if mounted := secretFiles(t, v.manifests); !slices.Equal(named, mounted) {
				t.Errorf("the settings name %v, the secrets bring %v", named, mounted)
			}
		})
	}
}

// TestSandboxNamesNoUpstream guards against the one mistake that would matter:
// a sandbox that reaches a real organisation.
func TestSandboxNamesNoUpstream(t *testing.T) {
	t.Parallel()
	settings := render(t, "../overlays/sandbox").settings(t)
	if settings["sandbox"] != "true" {
		t.Errorf("sandbox is %q, want true", settings["sandbox"])
	}
	for _, name := range []string{
		"region", "upstream-url", "login-url", "client-id", "client-id-file", "client-secret", "client-secret-file",
	} {
		if text, ok := settings[name]; ok {
			t.Errorf("%s is %q, want it absent", name, text)
		}
	}
}

// secretFiles lists the files that the pod's secrets bring, sorted.
func secretFiles(t *testing.T, m manifests) []string {
	t.Helper()
	volumes := make(map[string]*corev1.SecretVolumeSource)
	for _, volume := range m.deployment(t).Spec.Template.Spec.Volumes {
		volumes[volume.Name] = volume.Secret
	}
	var files []string
	for _, mount := range m.container(t).VolumeMounts {
		if secret := volumes[mount.Name]; secret != nil {
			for _, item := range secret.Items {
				files = append(files, path.Join(mount.MountPath, item.Path))
			}
		}
	}
	slices.Sort(files)
	return files
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
