package backend_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the certificate of httptest's servers one of the system's
// roots, so that the real transport trusts them, and fails if a test leaves a
// goroutine behind.
func TestMain(m *testing.M) {
	remove, err := trustTestServers()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		remove()
		os.Exit(code)
	}))
}

// trustTestServers must come before the first handshake: the roots are read once.
func trustTestServers() (remove func(), err error) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	dir, err := os.MkdirTemp("", "backend")
	if err != nil {
		return nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	var roots bytes.Buffer
	if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}); err != nil {
		return remove, err
	}
	file := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(file, roots.Bytes(), 0o600); err != nil {
		return remove, err
	}
	return remove, os.Setenv("SSL_CERT_FILE", file)
}
