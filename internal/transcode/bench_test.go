package transcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
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

// subject is one way to read a text; it fails the benchmark on its own.
type subject struct {
	name string
	run  func()
}

// subjects are the transcoder and what it is measured against: the library that
// does the same (it gets its own spelling of enum values), a tokenizer that
// writes nothing, and the standard library's bare check.
func subjects(b *testing.B, m *Message, src []byte) []subject {
	b.Helper()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	var dst, wire []byte
	var report Report
	var err error
	blank := newMessage(b, m.name).ProtoReflect()
	spelled := protojsonSpelling(b, blank.Descriptor(), src)
	tokens := jsontext.NewDecoder(bytes.NewReader(nil))
	return []subject{
		{"transcode", func() {
			report.Reset()
			dst, err = m.FromJSON(dst[:0], src, &report)
			check(err)
		}},
		{"protojson", func() {
			message := blank.New().Interface()
			check(protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(spelled, message))
			wire, err = proto.MarshalOptions{}.MarshalAppend(wire[:0], message)
			check(err)
		}},
		{"tokenizer", func() {
			tokens.Reset(bytes.NewBuffer(src))
			for {
				_, err := tokens.ReadToken()
				if errors.Is(err, io.EOF) {
					return
				}
				check(err)
			}
		}},
		{"valid", func() {
			if !json.Valid(src) {
				b.Fatal("not valid")
			}
		}},
	}
}

func BenchmarkFromJSON(b *testing.B) {
	all := contract(b)
	for _, p := range payloads {
		src := payload(b, p.file)
		b.Run(p.file, func(b *testing.B) {
			for _, s := range subjects(b, all[p.message], src) {
				b.Run(s.name, func(b *testing.B) { measure(b, len(src), s.run) })
			}
		})
	}
}

// BenchmarkFromJSONRatio lets the subjects take turns, so that whatever else the
// machine does hits all of them, and reports how many times faster the transcoder
// is than each.
func BenchmarkFromJSONRatio(b *testing.B) {
	all := contract(b)
	for _, p := range payloads {
		src := payload(b, p.file)
		b.Run(p.file, func(b *testing.B) {
			turns := subjects(b, all[p.message], src)
			spent := make([]time.Duration, len(turns))
			repeat := max(1, 20_000/len(src)) // one turn is long enough for the clock
			for b.Loop() {
				for i, s := range turns {
					start := time.Now()
					for range repeat {
						s.run()
					}
					spent[i] += time.Since(start)
				}
			}
			for i, s := range turns[1:] {
				b.ReportMetric(float64(spent[i+1])/float64(spent[0]), "x_"+s.name)
			}
			b.ReportMetric(0, "ns/op") // the sum of the turns says nothing
		})
	}
}

func BenchmarkToJSON(b *testing.B) {
	all := contract(b)
	for _, p := range payloads {
		m := all[p.message]
		wire, err := m.FromJSON(nil, payload(b, p.file), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(p.file, func(b *testing.B) {
			var dst []byte
			b.Run("transcode", func(b *testing.B) {
				measure(b, len(wire), func() {
					if dst, err = m.ToJSON(dst[:0], wire, nil); err != nil {
						b.Fatal(err)
					}
				})
			})
			blank := newMessage(b, m.name).ProtoReflect()
			b.Run("protojson", func(b *testing.B) {
				measure(b, len(wire), func() {
					message := blank.New().Interface()
					if err := proto.Unmarshal(wire, message); err != nil {
						b.Fatal(err)
					}
					if dst, err = (protojson.MarshalOptions{}).MarshalAppend(dst[:0], message); err != nil {
						b.Fatal(err)
					}
				})
			})
		})
	}
}

// BenchmarkHostileFromJSON shows that no text costs more than its length: the
// time per byte stays the same where the text is sixteen times as long.
func BenchmarkHostileFromJSON(b *testing.B) {
	all := contract(b)
	nested := func(n int) string { // as deep as it may be, again and again
		return strings.Repeat(strings.Repeat("[", maxDepth-2)+strings.Repeat("]", maxDepth-2)+",", n/maxDepth/2) + "0"
	}
	const user, script, page = "genesyscloud.users.v1.User", "genesyscloud.users.v1.Script", "genesyscloud.users.v1.Page"
	texts := []struct {
		name, message string
		text          func(n int) string
	}{
		{"nested unknown lists", user, func(n int) string { return `{"x":[` + nested(n) + `]}` }},
		{"nested free-form lists", script, func(n int) string { return `{"features":[` + nested(n) + `]}` }},
		{"escapes", user, func(n int) string { return `{"name":"` + strings.Repeat(`\n`, n/2) + `"}` }},
		{"surrogates", user, func(n int) string { return `{"name":"` + strings.Repeat(`\ud83d\ude00`, n/12) + `"}` }},
		{"backslashes and quotes", user, func(n int) string { return `{"name":"` + strings.Repeat(`\\\"`, n/4) + `"}` }},
		{"the same scalar", user, func(n int) string { return `{` + strings.Repeat(`"name":"a",`, n/11) + `"name":"b"}` }},
		{"the same message", user, func(n int) string {
			return `{` + strings.Repeat(`"division":{"name":"a"},`, n/24) + `"division":{}}`
		}},
		{"the same map key", page, func(n int) string { return `{"properties":{` + strings.Repeat(`"a":[],`, n/7) + `"a":1}}` }},
		{"other map keys", page, func(n int) string {
			var text strings.Builder
			for i := 0; text.Len() < n; i++ {
				text.WriteString(`"member` + strconv.Itoa(i) + `":0,`)
			}
			return `{"properties":{` + text.String() + `"a":1}}`
		}},
		{"the same list", user, func(n int) string {
			return `{` + strings.Repeat(`"acdAutoAnswer":true,"skills":[{}],`, n/35) + `"id":"a"}`
		}},
		{"other unknown members", user, func(n int) string {
			var text strings.Builder
			for i := 0; text.Len() < n; i++ {
				text.WriteString(`"member` + strconv.Itoa(i) + `":0,`)
			}
			return `{` + text.String() + `"id":"a"}`
		}},
		{"values that do not fit", user, func(n int) string {
			return `{"skills":[` + strings.Repeat(`{"id":{},"name":5,"proficiency":"","state":[[]],"skillUri":[5]},7,`, n/66) + `{}]}`
		}},
		{"half characters", user, func(n int) string { return `{"name":"` + strings.Repeat(`\ud83d`, n/6) + `"}` }},
		{"white space", user, func(n int) string { return `{"name"` + strings.Repeat(" \n\t\r", n/4) + `:"a"}` }},
		{"a long number", user, func(n int) string { return `{"x":1` + strings.Repeat("0", n) + `}` }},
		{"messages one byte too long for their length", user, func(n int) string {
			return `{"addresses":[` + strings.Repeat(`{"address":"`+strings.Repeat("a", 126)+`"},`, n/141) + `{}]}`
		}},
	}
	for _, t := range texts {
		b.Run(t.name, func(b *testing.B) {
			for _, n := range []int{64 << 10, 1 << 20} {
				b.Run(strconv.Itoa(n>>10)+"KiB", func(b *testing.B) {
					m, src := all[t.message], []byte(t.text(n))
					var dst []byte
					var report Report
					var err error
					measure(b, len(src), func() {
						report.Reset()
						if dst, err = m.FromJSON(dst[:0], src, &report); err != nil {
							b.Fatal(err)
						}
					})
				})
			}
		})
	}
}

func measure(b *testing.B, size int, run func()) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(size))
	run() // once, to grow what is kept
	for b.Loop() {
		run()
	}
}
