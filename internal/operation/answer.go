package operation

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// ErrNoAnswer is a successful answer that says nothing where something was asked
// for: an empty message would pass for an empty user.
var ErrNoAnswer = errors.New("it is empty, where the contract has a message")

// Answer appends the wire form of the answer message to dst, from the status and
// the JSON of a successful upstream answer. What the contract does not know, or
// cannot hold, goes to the report.
//
// An operation that answers nothing takes any body for that. For all others a body
// that is empty, white space or null is ErrNoAnswer, unless the upstream says that
// this is all it has to say of something that was done: a DELETE, or 202, 204 or
// 205 for what is no read. No operation is documented to answer so, but to
// refuse it would make what was done look as if it had failed.
func (o *Operation) Answer(dst []byte, status int, json []byte, report *transcode.Report) ([]byte, error) {
	switch {
	case o.answer == nil:
		return dst, nil
	case saysNothing(json):
		if o.Verb == http.MethodDelete || !o.Safe() && needsNoBody(status) {
			return dst, nil
		}
		return dst, ErrNoAnswer
	case o.items != nil:
		return o.answer.FromJSONField(dst, json, o.items, report)
	default:
		return o.answer.FromJSON(dst, json, report)
	}
}

// saysNothing tells a body that is no answer.
func saysNothing(json []byte) bool {
	json = bytes.TrimLeft(json, space)
	return len(json) == 0 || json[0] == 'n' && string(bytes.TrimRight(json, space)) == "null"
}

// space is what JSON takes for white space (RFC 8259, section 2).
const space = " \t\r\n"

// needsNoBody tells the statuses that say all by themselves (RFC 9110, section
// 15.3).
func needsNoBody(status int) bool {
	return status == http.StatusAccepted || status == http.StatusNoContent || status == http.StatusResetContent
}
