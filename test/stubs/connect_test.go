package stubs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// javaScript is what protoc-gen-es makes of the exported folder, below the tools,
// where the imports of the generated code are looked for.
func javaScript(t *testing.T) (bin, out string) {
	t.Helper()
	folder, _ := exported(t)
	bin = npm(t)
	out, err := os.MkdirTemp("node_modules", "stubs-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(out) })
	out, err = filepath.Abs(out)
	must(t, err)
	template, err := json.Marshal(map[string]any{"version": "v2", "plugins": []any{map[string]any{
		"local": filepath.Join(bin, "protoc-gen-es"), "out": out, "opt": []string{"target=js", "import_extension=js"},
	}}})
	must(t, err)
	output(t, folder, filepath.Join(bin, "buf"), "generate", "--template", string(template))
	must(t, os.WriteFile(filepath.Join(out, "package.json"), []byte(`{"type": "module"}`), 0o644))
	return bin, out
}

// The Connect libraries reach the server in every protocol that they have.
func TestConnectLibrariesCallTheServer(t *testing.T) {
	_, stubs := javaScript(t)
	var got map[string]struct {
		Users            []string
		ID, Code, Reason string
	}
	must(t, json.Unmarshal([]byte(output(t, ".", "node", "connect.mjs", stubs, sandbox(t).HTTP)), &got))
	if len(got) != 8 {
		t.Errorf("called by %d ways", len(got))
	}
	for way, g := range got {
		if len(g.Users) != 2 || g.Users[0] == "" || g.ID != "mine" || g.Code != "NotFound" || g.Reason != "USER_NOT_FOUND" {
			t.Errorf("%s: %+v", way, g)
		}
	}
}

// A page of another origin that may call does, in a real browser; one of an origin
// that may not is stopped by it.
func TestAPageOfAnotherOriginCalls(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		needed(t, "there is no Chromium")
	}
	bin, stubs := javaScript(t)
	bundle := filepath.Join(stubs, "bundle.js")
	output(t, ".", filepath.Join(bin, "esbuild"), "page.mjs", "--bundle", "--format=esm", "--alias:stubs="+stubs, "--outfile="+bundle, "--log-level=error")
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bundle.js" {
			http.ServeFile(w, r, bundle)
			return
		}
		_, _ = fmt.Fprint(w, `<!doctype html><title>a page</title><p id="result">nothing yet</p><script type="module" src="/bundle.js"></script>`)
	}))
	defer pages.Close()
	for origin, want := range map[string]string{
		pages.URL:                     "createConnectTransport: 1 of many, id seen; createGrpcWebTransport: 1 of many, id seen.",
		"https://another.example.com": "ConnectError: [unknown] Failed to fetch",
	} {
		server := sandbox(t, "--http-cors-origins="+origin)
		dom := output(t, ".", browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
			"--virtual-time-budget=20000", "--dump-dom", pages.URL+"/?server=http://"+server.HTTP)
		if !strings.Contains(dom, want) {
			t.Errorf("origin %s: the page says %s", origin, dom)
		}
	}
}

// buf needs no flag and no file to call: it asks the server for its contract.
func TestBufCurlCallsTheServer(t *testing.T) {
	bin := npm(t)
	text := output(t, t.TempDir(), filepath.Join(bin, "buf"), "curl", "-d", `{"pageSize": 1}`,
		"http://"+sandbox(t).HTTP+"/genesyscloud.users.v1.UsersService/GetUsers")
	var page struct{ Entities []struct{ Name string } }
	must(t, json.Unmarshal([]byte(text), &page))
	if len(page.Entities) != 1 || page.Entities[0].Name == "" {
		t.Errorf("got %s", text)
	}
}
