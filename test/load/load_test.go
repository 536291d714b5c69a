package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
)

// TestMain lets the test binary be its own children, as the program is.
func TestMain(m *testing.M) {
	if err := childOr(func() error { os.Exit(m.Run()); return nil }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What is compared must do the same: a server that answers less than the others
// would win.
func TestAllServersGiveTheSameAnswers(t *testing.T) {
	r, err := newRig([]string{"floor", "readall", "switchboard", "usual", "vanguard"}, false)
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
	chosen, err := choose("routing_status")
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.cpu(2, 1, 50*time.Millisecond, chosen)
	if err != nil || strings.Count(table, "\n") != 2 {
		t.Errorf("the table is %q, %v", table, err)
	}
	var text strings.Builder
	if err := r.memory(&text, 4, 0); err != nil || strings.Count(text.String(), "\n") != len(r.servers) {
		t.Errorf("of memory it says %q, %v", &text, err)
	}
	profile := filepath.Join(t.TempDir(), "cpu")
	if err := r.servers[2].profile(1, profile); err != nil {
		t.Error(err)
	}
}

func TestTheProxyAndTheRESTFaceGiveTheVeryAnswer(t *testing.T) {
	r, err := newRig([]string{"proxy", "switchboard"}, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	for _, p := range payloads[:3] { // as in main
		want, err := p.json()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.servers {
			var got bytes.Buffer
			if _, err := s.get(t.Context(), p, &got); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s, %s: another answer (%v)", s.name, p.name, err)
			}
		}
	}
	if table, err := r.cpu(2, 1, 50*time.Millisecond, payloads[:1]); err != nil || strings.Count(table, "\n") != 2 {
		t.Errorf("the table is %q, %v", table, err)
	}
}
