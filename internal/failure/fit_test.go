package failure_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/switchboard-gw/switchboard/internal/failure"
)

// room is what a status may take of the 4 KiB of all trailers: the test's own
// arithmetic leaves 768 bytes to the others.
const room = 4096 - 768

// size is what a status takes on the wire.
func size(st *status.Status) int {
	n := 0
	for i := range len(st.Message()) {
		if c := st.Message()[i]; c >= ' ' && c <= '~' && c != '%' {
			n++
		} else {
			n += len("%41")
		}
	}
	wire, err := proto.Marshal(st.Proto())
	if err != nil {
		panic(err)
	}
	return n + len(base64.StdEncoding.EncodeToString(wire))
}

func infoOf(st *status.Status) *errdetails.ErrorInfo {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return nil
}

func withDetails(t *testing.T, st *status.Status, details ...proto.Message) *status.Status {
	t.Helper()
	for _, d := range details {
		var err error
		if st, err = st.WithDetails(protoadapt.MessageV1Of(d)); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func TestAStatusThatFitsStaysAsItIs(t *testing.T) {
	t.Parallel()
	st := withDetails(t, status.New(codes.NotFound, strings.Repeat("ü", 100)), &errdetails.ErrorInfo{Reason: "R", Domain: "d", Metadata: map[string]string{"k": strings.Repeat("v", 700)}})
	if got := failure.Fit(st); !proto.Equal(got.Proto(), st.Proto()) {
		t.Errorf("%d bytes became %v", size(st), got)
	}
}

// Whatever is in a status: it fits, and what a program decides by is still there.
func TestAnyStatusFits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	alphabets := []string{"a", "a b%", "\x00\n\t", "äöü", "日本語", "🙂", "a\x7f€%"}
	text := func(most int) string {
		letters := []rune(alphabets[random.IntN(len(alphabets))])
		n := random.IntN(most + 1)
		if random.IntN(4) > 0 {
			n = random.IntN(20)
		}
		var b strings.Builder
		for b.Len() < n {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	many := func() int { return []int{0, 1, 3, 40, 300}[random.IntN(5)] }
	cut := 0
	for range 100 {
		code := codes.Code(1 + random.IntN(16))
		info := &errdetails.ErrorInfo{Reason: strings.Repeat("R", 1+random.IntN(63)), Domain: "genesyscloud", Metadata: map[string]string{
			"operation": strings.Repeat("O", random.IntN(80)), "http_status": "500", "code": text(5000), "contextId": text(5000), "messageWithParams": text(9000),
		}}
		happened := random.IntN(2) == 0
		if happened {
			info.Metadata[failure.MetadataHappened] = "true"
		}
		for range many() {
			info.Metadata["messageParams."+text(100)] = text(3000)
		}
		bad := &errdetails.BadRequest{}
		for range many() {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: text(3000), Description: text(9000), Reason: text(70)})
		}
		quota := &errdetails.QuotaFailure{}
		for range random.IntN(4) {
			quota.Violations = append(quota.Violations, &errdetails.QuotaFailure_Violation{Subject: text(900), Description: text(9000), QuotaId: text(900)})
		}
		id := "request-" + strings.Repeat("i", random.IntN(120))
		retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(random.Int64()))}
		foreign, err := structpb.NewValue(text(5000))
		if err != nil {
			t.Fatal(err)
		}
		full := withDetails(t, status.New(code, text(20_000)), info, bad, retry, quota, &errdetails.RequestInfo{RequestId: id}, foreign)

		got := failure.Fit(full)
		if n := size(got); n >= room {
			t.Fatalf("%d bytes of %d are over the bound: %v", n, size(full), got)
		}
		said := infoOf(got)
		if got.Code() != code || said.GetReason() != info.GetReason() || said.GetDomain() != info.GetDomain() || said.GetMetadata()["http_status"] != "500" {
			t.Fatalf("%v, %v of %v", got.Code(), said, info)
		}
		if value, ok := said.GetMetadata()["code"]; !ok || value == "" && info.GetMetadata()["code"] != "" {
			t.Fatalf("the code is gone: %v", said)
		}
		if (said.GetMetadata()[failure.MetadataHappened] == "true") != happened {
			t.Fatalf("MAY_HAVE_HAPPENED of %v", said)
		}
		kept := 0
		for _, d := range got.Details() {
			switch d := d.(type) {
			case *errdetails.RequestInfo:
				if d.GetRequestId() == id {
					kept++
				}
			case *errdetails.RetryInfo:
				if proto.Equal(d, retry) {
					kept++
				}
			}
		}
		if kept != 2 {
			t.Fatalf("the id or the wait is gone: %v", got)
		}
		whole := proto.Equal(got.Proto(), full.Proto())
		if said.GetMetadata()[failure.MetadataOmitted] == "" != whole {
			t.Fatalf("what is left out is not said: %v", said)
		}
		if !utf8.ValidString(got.Message()) {
			t.Fatalf("a character is cut in two: %q", got.Message())
		}
		if !whole {
			cut++
		}
	}
	if cut < 30 {
		t.Errorf("only %d were too large", cut)
	}
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	t.Parallel()
	f := failure.New(codes.InvalidArgument, "invalid_argument", "PostUsers: body.name: is too long")
	f.Violations = &errdetails.BadRequest{}
	for i := range 1000 {
		f.Violations.FieldViolations = append(f.Violations.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: fmt.Sprintf("body.addresses[%d].address", i), Description: "must be at most 300 characters", Reason: "INVALID_VALUE",
		})
	}
	st := f.GRPCStatus()
	if n := size(st); n >= room || n < room*3/4 {
		t.Errorf("%d bytes, where %d are free", n, room)
	}
	kept := -1
	for _, d := range st.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			kept = len(bad.GetFieldViolations())
			for i, v := range bad.GetFieldViolations() {
				if !proto.Equal(v, f.Violations.FieldViolations[i]) {
					t.Errorf("violation %d is %v", i, v)
				}
			}
		}
	}
	if got, want := infoOf(st).GetMetadata()[failure.MetadataOmitted], fmt.Sprintf("violations: %d", 1000-kept); got != want || kept < 10 {
		t.Errorf("details_omitted is %q, want %q", got, want)
	}
	if infoOf(st).GetReason() != "INVALID_ARGUMENT" || st.Message() != f.Message {
		t.Errorf("%v", st)
	}
}

// A status of another's making, with nothing but a text.
func TestAForeignStatusFits(t *testing.T) {
	t.Parallel()
	got := failure.Fit(status.New(codes.Unimplemented, "unknown method "+strings.Repeat("ü", 60_000)))
	if size(got) >= room || got.Code() != codes.Unimplemented || !strings.HasPrefix(got.Message(), "unknown method ü") || !strings.HasSuffix(got.Message(), "...") {
		t.Errorf("%d bytes: %v", size(got), got)
	}
	if said := infoOf(got); said.GetMetadata()[failure.MetadataOmitted] != "texts shortened: 1" {
		t.Errorf("%v", said)
	}
}
