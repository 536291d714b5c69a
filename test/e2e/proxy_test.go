package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A proxy that wants another login is named to the operator, without the credentials
// that it was shown, and callers are told that it was a proxy, without an address; with
// TLS, where the proxy is asked for a tunnel, and without.
func TestAProxyThatWantsALoginIsNamed(t *testing.T) {
	for scheme, variable := range map[string]string{"https": "HTTPS_PROXY", "http": "HTTP_PROXY"} {
		t.Run(scheme, func(t *testing.T) {
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Proxy-Authorization") != "Basic bWU6cHJveHktc2VjcmV0" {
					t.Errorf("the proxy got %v", r.Header)
				}
				w.Header().Set("Proxy-Authenticate", `Basic realm="words of the proxy"`)
				w.WriteHeader(http.StatusProxyAuthRequired)
				_, _ = w.Write([]byte("words of the proxy"))
			}))
			t.Cleanup(proxy.Close)
			host := strings.TrimPrefix(proxy.URL, "http://")
			t.Setenv(variable, "http://me:proxy-secret@"+host)
			upstream := scheme + "://api.upstream.test"
			p := start(t, upstream, "--log-level=info", "--ready-wait=0s", "--upstream-insecure", "--http-passthrough=all")
			for token, reason := range map[string]string{"Bearer callers": "upstream_unreachable", "": "no_upstream_token"} {
				for _, path := range []string{"/api/v2/users/u", "/api/v2/organizations/me"} {
					header := []string{"X-Request-Id", "id-" + reason}
					if token != "" {
						header = append(header, "Authorization", token)
					}
					answer, text := p.rest(http.MethodGet, path, nil, header...)
					if answer.StatusCode != http.StatusServiceUnavailable || reasonIn(text) != reason || !strings.Contains(string(text), "the proxy on the way wants a login (407)") {
						t.Errorf("%s with %q: %d %s", path, token, answer.StatusCode, text)
					}
					for _, unfit := range []string{host, "127.0.0.1", "secret", "words of", "upstream.test"} {
						if strings.Contains(string(text)+fmt.Sprint(answer.Header), unfit) {
							t.Errorf("%s with %q tells %q: %s", path, token, unfit, text)
						}
					}
				}
			}
			p.until(`"kind":"login_failed"`)
			seen := map[any]bool{}
			for _, line := range p.logged() {
				if line["proxy"] != nil && line["proxy"] != host {
					t.Errorf("%v, want %s", line, host)
				}
				seen[line["kind"]] = seen[line["kind"]] || line["proxy"] == host
			}
			for _, kind := range []string{"upstream_unreachable", "no_upstream_token", "login_failed"} {
				if !seen[kind] {
					t.Errorf("no line of the kind %s names the proxy:\n%s", kind, p.log)
				}
			}
			for _, unfit := range []string{"proxy-secret", "bWU6cHJveHktc2VjcmV0", "words of"} {
				if strings.Contains(p.log.String(), unfit) {
					t.Errorf("the log has %q:\n%s", unfit, p.log)
				}
			}
		})
	}
}

// Calls go through the proxy of the environment, logins as well.
func TestCallsGoThroughTheProxy(t *testing.T) {
	up := newUpstream(t)
	asked := make(chan string, 9)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.URL.String()
		u, err := url.Parse(up.URL)
		must(t, err)
		r.URL.Host, r.RequestURI = u.Host, r.URL.RequestURI()
		up.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	p := start(t, "http://api.upstream.test", "--login-url=http://login.upstream.test", "--upstream-insecure")
	if answer, text := p.rest(http.MethodGet, "/api/v2/users/u", nil); answer.StatusCode != http.StatusOK {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	for _, want := range []string{"POST http://login.upstream.test/oauth/token", "GET http://api.upstream.test/api/v2/users/u"} {
		if got := <-asked; got != want {
			t.Errorf("the proxy was asked for %s, want %s", got, want)
		}
	}
	if sent := up.one(t); sent.path != "/api/v2/users/u" || sent.header.Get("Proxy-Authorization") != "" {
		t.Errorf("the upstream got %+v", sent)
	}
}
