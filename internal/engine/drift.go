package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// maxDriftLogged bounds what is remembered: an upstream gone mad must not fill the
// memory.
const maxDriftLogged = 10_000

// driftLog logs each unknown field or enum value of the upstream once in the
// life of the process.
type driftLog struct {
	log  *slog.Logger
	seen sync.Map // what was logged -> struct{}
	mu   sync.Mutex
	n    int
}

// note logs what is new in the report and returns it all in the form of the trailer,
// or as much as there is room for.
func (d *driftLog) note(ctx context.Context, op *operation.Operation, r *transcode.Report) []string {
	var trailer []string
	room, omitted := failure.Room-trailerSize(leftOut(1<<30)), 0
	for _, f := range r.Findings() {
		text := describe(f)
		if room -= trailerSize(text); room >= 0 {
			trailer = append(trailer, text)
		} else {
			omitted++
		}
		what, news := text, "the upstream sent what the contract does not know; regenerate the contract to type it"
		if f.Kind == transcode.LeftOut || f.Kind == transcode.Mended {
			f.Pointer, f.Problem, f.Count = "", "", 0 // the same field another time
			what, news = describe(f), "the upstream sent a value that the contract cannot hold; callers get the rest of the message"
		}
		if d.first(what) {
			d.log.WarnContext(ctx, news, "operation", op.Name, "drift", text)
		}
	}
	if r.Truncated() {
		omitted++
	}
	if omitted > 0 {
		trailer = append(trailer, leftOut(omitted))
	}
	return trailer
}

// leftOut is the last value of a trailer that had no room for n more findings. There
// may be more than those, since a report has bounds of its own.
func leftOut(n int) string { return fmt.Sprintf("left-out at least %d", n) }

// trailerSize is the size of a value of the trailer, in the way of maxTrailers.
func trailerSize(value string) int { return len(TrailerDrift) + len(value) + 32 }

func (d *driftLog) first(text string) bool {
	if _, known := d.seen.Load(text); known {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n >= maxDriftLogged {
		return false
	}
	_, known := d.seen.LoadOrStore(text, struct{}{})
	if !known {
		d.n++
	}
	return !known
}

// describe is a finding in words, in printable ASCII. What the upstream made up is
// in it only where it is written as the contract's own names are: in the place of
// one, there could be somebody's name, number or address as well.
func describe(f transcode.Finding) string {
	member := "(a name that is not shown)"
	if isMemberName(f.Field) {
		member = `"` + f.Field + `"`
	}
	switch f.Kind {
	case transcode.UnknownEnumValue:
	case transcode.LeftOut:
		return fmt.Sprintf("value-left-out %s %s", f.Message, misfits(f))
	case transcode.Mended:
		return fmt.Sprintf("value-mended %s %s", f.Message, misfits(f))
	default:
		return fmt.Sprintf("unknown-field %s %s", f.Message, member)
	}
	if !stylesOf(f.Message, f.Field).allow(f.Value) {
		return fmt.Sprintf("unknown-value %s %s (a value that is not shown)", f.Message, member)
	}
	return fmt.Sprintf(`unknown-value %s %s="%s"`, f.Message, member, f.Value)
}

// misfits is values of a member that did not fit, in words. Member and pointer have
// no names but the contract's, and the problem says no more of a value than its kind.
func misfits(f transcode.Finding) string {
	return fmt.Sprintf("%q x%d, first %s: %s", f.Field, f.Count, strings.ReplaceAll(f.Pointer, "…", "..."), f.Problem)
}

// A name has no more letters, and not many digits: the contract's longest have 30
// and three.
const (
	maxNameLength = 40
	maxNameDigits = 3
)

// styles is a set of ways to write names.
type styles uint8

const (
	lowerCamel styles = 1 << iota
	upperCamel
	upperSnake
)

// allow tells whether a name is written in one of these styles.
func (s styles) allow(name string) bool { return styleOf(name)&s != 0 }

// isMemberName tells whether a text is written as the members of the contract are.
func isMemberName(text string) bool { return styleOf(strings.TrimLeft(text, "$_")) == lowerCamel }

// styleOf returns the styles that a text may be in; 0 if it cannot be a name.
func styleOf(text string) styles {
	if text == "" || len(text) > maxNameLength {
		return 0
	}
	s, digits, small := lowerCamel|upperCamel|upperSnake, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z':
			s, small = s&^upperSnake, true
			if i == 0 {
				s &^= upperCamel
			}
		case c >= 'A' && c <= 'Z':
			if i == 0 {
				s &^= lowerCamel
			}
		case c >= '0' && c <= '9' && i > 0:
			digits++
		case c == '_' && i > 0:
			s &= upperSnake
		default:
			return 0
		}
	}
	switch {
	case digits > maxNameDigits:
		return 0
	case !small:
		return s & upperSnake
	default:
		return s
	}
}

// enumStyles are the styles of the values of an enum, by the message and the member
// that hold it.
var enumStyles sync.Map // [2]string -> styles

// stylesOf returns the styles that the known values of a field's enum are in.
func stylesOf(message, member string) styles {
	key := [2]string{message, member}
	if s, ok := enumStyles.Load(key); ok {
		return s.(styles)
	}
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(message))
	md, ok := descriptor.(protoreflect.MessageDescriptor)
	if err != nil || !ok {
		return 0
	}
	fd := md.Fields().ByJSONName(member)
	if fd == nil || fd.Enum() == nil {
		return 0
	}
	var s styles
	for i := range fd.Enum().Values().Len() {
		value, _ := proto.GetExtension(fd.Enum().Values().Get(i).Options(), apiv1.E_Upstream).(string)
		s |= styleOf(value)
	}
	enumStyles.Store(key, s)
	return s
}
