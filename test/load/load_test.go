package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
)

// TestMain lets the test binary be its own children, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		fail(child(os.Args[2], os.Args[3:]))
		return
	}
	os.Exit(m.Run())
}

// What is compared must do the same: a server that answers less than the others
// would win.
func TestAllServersGiveTheSameAnswers(t *testing.T) {
	r, err := newRig([]string{"floor", "readall", "switchboard", "usual", "vanguard"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	for _, p := range payloads {
		want, err := p.message()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.servers {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			got, err := p.call(ctx, s.conn)
			cancel()
			if err != nil {
				t.Errorf("%s, %s: %v", s.name, p.name, err)
				continue
			}
			if !proto.Equal(got, want) {
				t.Errorf("%s, %s: another answer", s.name, p.name)
			}
		}
	}
	table, err := r.cpu(2, 1, 50*time.Millisecond, "routing_status")
	if err != nil || strings.Count(table, "\n") != 2 {
		t.Errorf("the table is %q, %v", table, err)
	}
}
