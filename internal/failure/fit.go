package failure

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// What a call ends with, grpc-status and all that stands beside it, is smaller than
// maxTrailers. Clients have limits, 8 KiB in Java and on top of the C core; beyond
// them the answer is lost, and with some the connection. It is counted in bytes as
// RFC 9113, section 6.5.2, has it: each name and value as it is encoded for the
// wire, 32 a field, nothing compressed.
const (
	maxTrailers = 4 << 10
	// maxFixed is what is neither status nor drift: the names of the fields, the
	// ids of request and answer, the upstream's status, how long to wait.
	maxFixed = 768
	// Room is for the rest: grpc-message and grpc-status-details-bin of a call that
	// failed, else for what was strange about the answer.
	Room = maxTrailers - maxFixed
)

// Bounds of the parts of a status that is too large as a whole, in bytes.
const (
	maxMessage = 512 // percent-encoded
	maxText    = 256 // a value, a description
	maxName    = 64  // a key, a field, a domain, a reason
	maxOmitted = 160 // MetadataOmitted and its value
	// maxHead is what a detail costs beside its bytes: the URL of its type, and
	// lengths.
	maxHead = 64
)

// Keys of an ErrorInfo's metadata that mean the same whoever the error is from.
const (
	// MetadataOmitted says what of a status had no room.
	MetadataOmitted = "details_omitted"
	// MetadataHappened is "true" where a write may have been done although the
	// call failed.
	MetadataHappened = "MAY_HAVE_HAPPENED"
)

// essential are the keys of the metadata that get their room first.
var essential = []string{MetadataHappened, MetadataOmitted, "operation", "http_status", "code", "contextId"}

// Fit makes a status small enough for trailers. One that is so already is returned
// as it is. Of any other the code, the reason, the ids and the wait stay, and as
// much of the rest as there is room for; the ErrorInfo says what was left out.
func Fit(st *status.Status) *status.Status {
	full := st.Proto()
	if encodedSize(full) <= Room {
		return st
	}
	return status.FromProto(shrink(full))
}

// encodedSize is the size of grpc-message and grpc-status-details-bin.
func encodedSize(st *spb.Status) int {
	return percentSize(st.GetMessage()) + base64.StdEncoding.EncodedLen(proto.Size(st))
}

// percentSize is the size of a text in grpc-message, where a byte that is not
// printable ASCII takes three.
func percentSize(text string) int {
	size := len(text)
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '%' {
			size += 2
		}
	}
	return size
}

// parts are the details of a status by their kind.
type parts struct {
	info    *errdetails.ErrorInfo
	request *errdetails.RequestInfo
	retry   *errdetails.RetryInfo
	quota   *errdetails.QuotaFailure
	bad     *errdetails.BadRequest
	others  []*anypb.Any
}

func partsOf(st *spb.Status) parts {
	var p parts
	for _, detail := range st.GetDetails() {
		known, _ := detail.UnmarshalNew() // nil: of another's making
		switch known := known.(type) {
		case *errdetails.ErrorInfo:
			p.info = known
		case *errdetails.RequestInfo:
			p.request = known
		case *errdetails.RetryInfo:
			p.retry = known
		case *errdetails.QuotaFailure:
			p.quota = known
		case *errdetails.BadRequest:
			p.bad = known
		default:
			p.others = append(p.others, detail)
		}
	}
	if p.info == nil {
		p.info = &errdetails.ErrorInfo{Reason: "UNKNOWN", Domain: Domain}
	}
	return p
}

// shrink adds one part after the other, the most important first, as long as there
// is room.
func shrink(full *spb.Status) *spb.Status {
	var r room
	out := &spb.Status{Code: full.GetCode(), Message: r.shorten(full.GetMessage(), maxMessage, percentSize)}
	r.bytes = (Room-percentSize(out.Message))/4*3 - proto.Size(out) - maxOmitted

	p := partsOf(full)
	info := &errdetails.ErrorInfo{Reason: r.name(p.info.GetReason()), Domain: r.name(p.info.GetDomain()), Metadata: map[string]string{}}
	r.bytes -= proto.Size(info) + maxHead
	for _, key := range essential {
		r.entry(info, p.info, key)
	}
	details := []proto.Message{info}
	add := func(m proto.Message) {
		if r.take(proto.Size(m)+maxHead, &r.details) {
			details = append(details, m)
		}
	}
	if p.request != nil {
		add(&errdetails.RequestInfo{RequestId: r.text(p.request.GetRequestId())})
	}
	if p.retry != nil {
		add(p.retry)
	}
	if p.quota != nil {
		add(r.quota(p.quota))
	}
	if bad := r.violationsOf(p.bad, len(p.info.GetMetadata()) > len(info.Metadata)); len(bad.GetFieldViolations()) > 0 {
		details = append(details, bad)
	}
	for _, key := range slices.Sorted(maps.Keys(p.info.GetMetadata())) {
		r.entry(info, p.info, key)
	}
	for _, other := range p.others {
		add(other)
	}
	if said := r.omitted(info.Metadata[MetadataOmitted]); said != "" {
		info.Metadata[MetadataOmitted] = said
	}
	for _, m := range details {
		out.Details = append(out.Details, wrap(m))
	}
	return out
}

// wrap is a detail as a status holds it.
func wrap(m proto.Message) *anypb.Any {
	if wrapped, ok := m.(*anypb.Any); ok {
		return wrapped
	}
	wrapped, err := anypb.New(m)
	if err != nil { // texts that are no UTF-8, which nobody may make a message of
		return &anypb.Any{}
	}
	return wrapped
}

// room is how many bytes of wire form are left, and how much had no place in them.
type room struct {
	bytes int

	metadata, violations, limits, details, shortened int
}

// take takes n bytes, or counts what did not fit.
func (r *room) take(n int, omitted *int) bool {
	if n > r.bytes {
		*omitted++
		return false
	}
	r.bytes -= n
	return true
}

// entry copies one entry of the metadata, unless it is there or too large.
func (r *room) entry(to, from *errdetails.ErrorInfo, key string) {
	value, ok := from.GetMetadata()[key]
	if _, done := to.Metadata[key]; done || !ok {
		return
	}
	if len(key) > maxName {
		r.metadata++
		return
	}
	shortened := r.shortened
	value = r.text(value)
	if !r.take(len(key)+len(value)+8, &r.metadata) {
		r.shortened = shortened
		return
	}
	to.Metadata[key] = value
}

func (r *room) quota(from *errdetails.QuotaFailure) *errdetails.QuotaFailure {
	to := &errdetails.QuotaFailure{}
	for i, v := range from.GetViolations() {
		if i > 0 {
			r.limits++
			continue
		}
		to.Violations = append(to.Violations, &errdetails.QuotaFailure_Violation{
			Subject: r.name(v.GetSubject()), QuotaId: r.name(v.GetQuotaId()), Description: r.text(v.GetDescription()),
		})
	}
	return to
}

// violationsOf copies violations, in their order, and leaves a third of the room to
// what follows.
func (r *room) violationsOf(from *errdetails.BadRequest, followed bool) *errdetails.BadRequest {
	rest := 0
	if followed {
		rest = r.bytes / 3
	}
	to := &errdetails.BadRequest{}
	r.bytes -= rest + maxHead
	for _, v := range from.GetFieldViolations() {
		shortened := r.shortened
		v = &errdetails.BadRequest_FieldViolation{
			Field: r.text(v.GetField()), Description: r.text(v.GetDescription()), Reason: r.name(v.GetReason()),
		}
		if !r.take(proto.Size(v)+4, &r.violations) {
			r.shortened = shortened
			continue
		}
		to.FieldViolations = append(to.FieldViolations, v)
	}
	r.bytes += rest
	return to
}

func (r *room) text(text string) string { return r.shorten(text, maxText, byteSize) }

func (r *room) name(text string) string { return r.shorten(text, maxName, byteSize) }

func byteSize(text string) int { return len(text) }

// shorten cuts a text, between two characters, to at most so many bytes of the size
// that counts.
func (r *room) shorten(text string, most int, size func(string) int) string {
	const sign = "..."
	if len(text) <= most && size(text) <= most {
		return text
	}
	r.shortened++
	used, end := len(sign), 0
	for end < len(text) {
		_, width := utf8.DecodeRuneInString(text[end:])
		if used += size(text[end : end+width]); used > most {
			break
		}
		end += width
	}
	return text[:end] + sign
}

// omitted says what had no room, and before that what was missing already.
func (r *room) omitted(before string) string {
	var said []string
	if before != "" {
		said = append(said, before)
	}
	for _, count := range []struct {
		n    int
		what string
	}{
		{r.violations, "violations"}, {r.metadata, "metadata"}, {r.limits, "limits"}, {r.details, "details"}, {r.shortened, "texts shortened"},
	} {
		if count.n > 0 {
			said = append(said, fmt.Sprintf("%s: %d", count.what, count.n))
		}
	}
	return strings.Join(said, ", ")
}
