package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is what a server hands out.
func document(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get("http://" + address + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", answer.StatusCode, err)
	}
	return text
}

func TestTheDocumentIsValid(t *testing.T) {
	d, err := openapi3.NewLoader().LoadFromData(document(t, startServer(t, "--http-api-prefix=/genesys", "--http-login-prefix=/login")))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if got := d.Servers[0].URL; got != "/genesys" {
		t.Errorf("the server is at %q", got)
	}
	if got := d.Components.SecuritySchemes["login"].Value.Flows.ClientCredentials.TokenURL; got != "/login/oauth/token" {
		t.Errorf("the login is at %q", got)
	}
}

// TestOthersReadTheDocument gives it to the tools that programs in other languages
// are made with (test/openapi): swagger-parser and redocly judge it, and what
// openapi-typescript makes of it is compiled, with a program that uses it.
func TestOthersReadTheDocument(t *testing.T) {
	const tools = "../openapi"
	installTools(t, tools)
	dir := t.TempDir()
	api := filepath.Join(dir, "openapi.json")
	if err := os.WriteFile(api, document(t, startServer(t, "--http-api-prefix=/genesys")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"use.ts", "tsconfig.json"} {
		text, err := os.ReadFile(filepath.Join(tools, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(program string, args ...string) string {
		t.Helper()
		node := exec.Command("node", append([]string{program}, args...)...)
		node.Dir = tools
		node.Env = append(os.Environ(), "HOME="+dir, "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
		text, err := node.Output()
		if err != nil {
			failed := &exec.ExitError{}
			_ = errors.As(err, &failed)
			t.Errorf("%s %s: %v\n%s\n%s", program, strings.Join(args, " "), err, text, failed.Stderr)
		}
		return string(text)
	}
	t.Log(run("validate.mjs", api))

	var verdict struct {
		Totals   struct{ Errors, Warnings int }
		Problems []struct{ RuleID, Severity, Message string }
	}
	report := run("node_modules/@redocly/cli/bin/cli.js", "lint", "--extends=recommended", "--format=json", api)
	if err := json.Unmarshal([]byte(report), &verdict); err != nil {
		t.Errorf("redocly: %v", err)
	}
	for _, p := range verdict.Problems {
		switch p.RuleID {
		case "info-license": // whose?
		case "no-ambiguous-paths": // the vendor's are so
		default:
			t.Errorf("redocly: %s: %s", p.RuleID, p.Message)
		}
	}
	t.Logf("redocly: %+v", verdict.Totals)

	run("node_modules/openapi-typescript/bin/cli.js", api, "--output", filepath.Join(dir, "api.ts"))
	run("node_modules/typescript/bin/tsc", "--project", dir)
}

// installTools installs what the lock file of a folder names. Without npm the test
// is skipped, or fails where nothing may be skipped (CI is set).
func installTools(t *testing.T, dir string) {
	t.Helper()
	needed := func(format string, args ...any) {
		t.Helper()
		if os.Getenv("CI") != "" {
			t.Fatalf(format, args...)
		}
		fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), fmt.Sprintf(format, args...))
		t.SkipNow()
	}
	if _, err := exec.LookPath("npm"); err != nil {
		needed("there is no npm to install the tools with")
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
	install.Dir = dir
	if text, err := install.CombinedOutput(); err != nil {
		needed("npm cannot install the tools: %v\n%s", err, text)
	}
}
