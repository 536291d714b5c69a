package server

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
)

func TestAnIdMayHoldAnEscapedSlash(t *testing.T) {
	t.Parallel()
	r := newRouter(contract.Operations(), nil)
	row, params, err := r.find("GET", "/api/v2/users/a%2Fb/geolocations/c%20%2F%25d")
	if err != nil || row.Name != "getUserGeolocation" || params["userId"] != "a/b" || params["clientId"] != "c /%d" {
		t.Errorf("%s %v %v", row.Name, params, err)
	}
	if _, _, err := r.find("GET", "/api/v2/users/%zz"); err == nil {
		t.Error("a broken escape was accepted")
	}
}

func TestLiteralPathsWinOverParameters(t *testing.T) {
	t.Parallel()
	r := newRouter(contract.Operations(), nil)
	for _, row := range contract.Operations() {
		got, _, err := r.find(row.Method, row.Template)
		if err != nil || got.Name != row.Name {
			t.Errorf("%s %s leads to %s (%v), want %s", row.Method, row.Template, got.Name, err, row.Name)
		}
	}
}
