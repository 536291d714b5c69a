// Package apidocs is the API page in the browser: Swagger UI over the server's own
// OpenAPI document, with all that it needs inside the binary, so that it works
// where there is no internet. It knows nothing of the operations.
package apidocs

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"
)

// Path is where the page is; it loads the document from DocumentPath.
const (
	Path         = "/docs/"
	DocumentPath = "/openapi.json"
)

//go:embed page
var page embed.FS

// policy lets the page load what this server has and nothing else: no script but
// ours, no other host. Swagger UI sets styles from its script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page below Path, and the document.
func Handler(document []byte) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.Handle("GET "+DocumentPath, content("application/json", document))
	own, err := fs.Sub(page, "page")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(own, "*")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := fs.ReadFile(own, name)
		if err != nil {
			return nil, err
		}
		mux.Handle("GET "+Path+strings.TrimSuffix(name, "index.html")+end(name), content(mime.TypeByExtension(path.Ext(name)), text))
	}
	mux.Handle("GET "+Path, http.StripPrefix(Path, statigz.FileServer(static.FS)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	}), nil
}

// end keeps a pattern for the folder itself from being one for all in it.
func end(name string) string {
	if name == "index.html" {
		return "{$}"
	}
	return ""
}

// content serves bytes that change with the program only: a browser asks whether
// they are still the same.
func content(kind string, text []byte) http.Handler {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	})
}
