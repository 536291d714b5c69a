package transcode

// Bounds of a Report: an upstream gone mad must not fill the memory.
const (
	maxFindings     = 64  // distinct findings kept
	maxFindingBytes = 128 // bytes kept of a name or value the upstream made up
)

// Kind tells what the contract did not know or could not hold.
type Kind uint8

const (
	// UnknownMember is a member of a JSON object that no field of the message
	// has for a name. Its value was skipped.
	UnknownMember Kind = iota + 1
	// UnknownEnumValue is a string that no value of the field's enum stands for.
	// The wire got the enum's UNRECOGNIZED value, number 1.
	UnknownEnumValue
	// LeftOut is a value that the field's type cannot hold and that is not there
	// for whoever reads the message: the field is unset, the list has one element
	// less, the map one entry. In free-form JSON null stands in its place.
	LeftOut
	// Mended is a value that the field's type cannot hold as it was written, though
	// what it means.
	Mended
)

// String names the kind for a log or a metric label.
func (k Kind) String() string {
	switch k {
	case UnknownMember:
		return "unknown_member"
	case UnknownEnumValue:
		return "unknown_enum_value"
	case LeftOut:
		return "value_left_out"
	case Mended:
		return "value_mended"
	default:
		return "none"
	}
}

// Finding is one thing in the JSON that the contract does not know or cannot hold.
type Finding struct {
	Kind    Kind
	Message string // full name of the message that was being read
	Field   string // JSON name of the member, at most 128 bytes of it
	Value   string // UnknownEnumValue: the string itself, at most 128 bytes; else empty

	// LeftOut and Mended: values are counted by field, and the first one is
	// described. The value itself may be somebody's, and is not here.
	Pointer string // JSON pointer to the first, as in Error
	Problem string // what was expected of the first, and the kind that was found
	Count   int    // how many there were
}

// Report collects what the contract did not know or could not hold while JSON was
// turned into wire form, each distinct finding once and the first 64 of them: first
// what it did not know, then what it could not hold, both in the order of the text.
// The zero value is ready. It is not safe for concurrent use; Reset makes it ready
// for another message.
type Report struct {
	findings []Finding
	next     int // where the next repetition is likely to be found
	full     bool
}

// Findings returns what was found, in the order of first appearance. The slice
// is valid until the report is reset or used again.
func (r *Report) Findings() []Finding {
	if r == nil {
		return nil
	}
	return r.findings
}

// Truncated tells whether there was more to find than the report may hold.
func (r *Report) Truncated() bool { return r != nil && r.full }

// Reset forgets the findings and keeps the memory.
func (r *Report) Reset() {
	clear(r.findings)
	*r = Report{findings: r.findings[:0]}
}

// add notes a finding unless it is known. Answers repeat: what was found in one
// element of a list is found in the next, in the same order, so the search
// starts behind the last hit and mostly ends where it starts.
func (r *Report) add(kind Kind, message string, field, value []byte) {
	if r == nil {
		return
	}
	field, value = clip(field), clip(value)
	for range r.findings {
		if r.next >= len(r.findings) {
			r.next = 0
		}
		f := &r.findings[r.next]
		r.next++
		if f.Kind == kind && f.Field == string(field) && f.Value == string(value) && f.Message == message {
			return
		}
	}
	r.append(Finding{Kind: kind, Message: message, Field: string(field), Value: string(value)})
}

// addMisfits notes values of one field that did not fit.
func (r *Report) addMisfits(m Finding) {
	for k := range r.findings {
		if f := &r.findings[k]; f.Kind == m.Kind && f.Field == m.Field && f.Message == m.Message {
			f.Count += m.Count
			return
		}
	}
	r.append(m)
}

func (r *Report) append(f Finding) {
	if len(r.findings) >= maxFindings {
		r.full = true
		return
	}
	r.findings = append(r.findings, f)
	r.next = len(r.findings)
}

// clip cuts a made-up name at the bound, between two characters.
func clip(b []byte) []byte {
	if len(b) <= maxFindingBytes {
		return b
	}
	n := maxFindingBytes
	for n > 0 && b[n]&0xC0 == 0x80 {
		n--
	}
	return b[:n]
}
