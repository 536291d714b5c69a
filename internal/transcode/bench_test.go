package transcode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// payloads are answers of the upstream with the messages they are.
var payloads = []struct{ file, message string }{
	{"routing_status", "genesyscloud.users.v1.RoutingStatus"},
	{"user_expanded", "genesyscloud.users.v1.User"},
	{"users_page_100", "genesyscloud.users.v1.UserEntityListing"},
	{"analytics_user_details_100", "genesyscloud.users.v1.AnalyticsUserDetailsQueryResponse"},
}

func payload(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkFromJSON(b *testing.B) {
	all := contract(b)
	for _, p := range payloads {
		src := payload(b, p.file)
		m := all[p.message]
		b.Run(p.file, func(b *testing.B) {
			b.Run("transcode", func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(src)))
				var dst []byte
				var err error
				var r Report
				for b.Loop() {
					r.Reset()
					if dst, err = m.FromJSON(dst[:0], src, &r); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("valid", func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					json.Valid(src)
				}
			})
		})
	}
}

var _ = time.Now
var _ = protojson.Marshal
var _ = proto.Marshal
