// Package docs tests the API page and the OpenAPI document as others see them: the
// page in a real browser, the document with the tools of other languages. It is a
// module of its own because of what it takes to drive a browser.
package docs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startServer runs the real binary with the sandbox and returns its REST address.
func startServer(t *testing.T, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	binary, ready := filepath.Join(dir, "server"), filepath.Join(dir, "ready")
	build := exec.Command("go", "build", "-o", binary, "./cmd/server")
	build.Dir = "../.."
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	cmd := exec.Command(binary, append([]string{
		"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--ready-file=" + ready,
	}, more...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	for range 200 {
		if text, err := os.ReadFile(ready); err == nil {
			var addresses struct{ HTTP string }
			if err := json.Unmarshal(text, &addresses); err != nil {
				t.Fatal(err)
			}
			return addresses.HTTP
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the server is not ready")
	return ""
}

// findBrowser returns the path of a Chromium, or skips the test; it fails it where
// nothing may be skipped (CI is set).
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium")
	}
	fmt.Fprintf(os.Stderr, "SKIPPED %s: there is no Chromium\n", t.Name())
	t.SkipNow()
	return ""
}

// TestThePageInABrowser opens the page, finds an operation by words of its
// description, logs in, tries it against the sandbox and reads the answer; all of it
// below prefixes.
func TestThePageInABrowser(t *testing.T) {
	path := findBrowser(t)
	address := startServer(t, "--http-api-prefix=/genesys", "--http-login-prefix=/login")

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1300, 1000),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	browser, stop := chromedp.NewContext(allocated)
	defer stop()
	ctx, stop := context.WithTimeout(browser, 3*time.Minute)
	defer stop()

	var mu sync.Mutex
	var strays, complaints []string
	calls := map[string]string{} // path to Authorization
	if err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			switch u, err := url.Parse(e.Request.URL); {
			case err != nil || u.Host != address && u.Scheme != "data":
				strays = append(strays, e.Request.URL)
			default:
				authorization, _ := e.Request.Headers["Authorization"].(string)
				calls[u.Path] = authorization
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				complaints = append(complaints, fmt.Sprint(e.Args))
			}
		}
	}); err != nil {
		t.Fatal(err)
	}

	const operation = "#operations-UsersService-getUsersMe"
	found := chromedp.Evaluate[[]string](`[...document.querySelectorAll('.opblock-summary-path')].map(e => e.innerText)`)
	var shown []string
	var status, answered string
	err := errors.Join(
		chromedp.Do(ctx,
			chromedp.Navigate("http://"+address+"/docs"),
			chromedp.WaitVisible(operation),
			chromedp.SendKeys(".operation-filter-input", "whose token trustors get"),
			chromedp.WaitNotPresent("#operations-UsersService-deleteUser"),
		),
		into(&shown)(chromedp.Run(ctx, found)),
		chromedp.Do(ctx,
			chromedp.Click(".btn.authorize"),
			chromedp.SendKeys("#client_id_clientCredentials", "sandbox"),
			chromedp.SendKeys("#client_secret_clientCredentials", "sandbox"),
			chromedp.Click("[aria-label='Apply given OAuth2 credentials']"),
			chromedp.WaitVisible("[aria-label='Remove authorization']"),
			chromedp.Click(".close-modal"),
			chromedp.WaitNotPresent(".modal-ux"),
			chromedp.Click(operation+" .opblock-summary-control"),
			chromedp.Click(operation+" .try-out__btn"),
			chromedp.Click(operation+" .execute"),
			chromedp.WaitVisible(operation+" .live-responses-table .highlight-code"),
		),
		into(&status)(chromedp.Run(ctx, chromedp.Text(operation+" .live-responses-table tbody .response-col_status"))),
		into(&answered)(chromedp.Run(ctx, chromedp.Text(operation+" .live-responses-table .highlight-code"))),
	)
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		t.Fatalf("%v\ncomplaints: %q", err, complaints)
	}
	if len(shown) == 0 || len(shown) > 5 {
		t.Errorf("the search shows %q", shown)
	}
	if !strings.HasPrefix(status, "200") || !strings.Contains(answered, `"id"`) {
		t.Errorf("the call was answered with %s %.200s", status, answered)
	}
	if login := calls["/login/oauth/token"]; !strings.HasPrefix(login, "Basic ") {
		t.Errorf("the login was sent with %q; calls were %q", login, calls)
	}
	if call := calls["/genesys/api/v2/users/me"]; !strings.HasPrefix(call, "Bearer ") {
		t.Errorf("the call was sent with %q; calls were %q", call, calls)
	}
	if len(strays) > 0 {
		t.Errorf("the page calls others: %q", strays)
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}

// into keeps the value of a result and returns its error.
func into[T any](to *T) func(T, error) error {
	return func(v T, err error) error {
		*to = v
		return err
	}
}
