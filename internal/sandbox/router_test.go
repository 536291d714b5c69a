package sandbox

import "testing"

func TestAnIdMayHoldAnEscapedSlash(t *testing.T) {
	t.Parallel()
	r := newRouter(contractOperations(), nil)
	row, params, err := r.find("GET", "/api/v2/users/a%2Fb/geolocations/c%20%2F%25d")
	if err != nil || row.name != "getUserGeolocation" || params["userId"] != "a/b" || params["clientId"] != "c /%d" {
		t.Errorf("%s %v %v", row.name, params, err)
	}
	if _, _, err := r.find("GET", "/api/v2/users/%zz"); err == nil {
		t.Error("a broken escape was accepted")
	}
}

func TestLiteralPathsWinOverParameters(t *testing.T) {
	t.Parallel()
	r := newRouter(contractOperations(), nil)
	for _, row := range contractOperations() {
		got, _, err := r.find(row.method, row.template)
		if err != nil || got.name != row.name {
			t.Errorf("%s %s leads to %s (%v), want %s", row.method, row.template, got.name, err, row.name)
		}
	}
}
