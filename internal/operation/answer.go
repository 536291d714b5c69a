package operation

import (
	"bytes"

	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// Answer appends the wire form of the answer message to dst, from the JSON of a
// successful upstream answer. An empty body is an empty message, and an
// operation that answers nothing takes any body for that. What the contract does
// not know goes to the report.
func (o *Operation) Answer(dst, json []byte, report *transcode.Report) ([]byte, error) {
	switch {
	case o.answer == nil, len(bytes.TrimSpace(json)) == 0:
		return dst, nil
	case o.items != nil:
		return o.answer.FromJSONField(dst, json, o.items, report)
	default:
		return o.answer.FromJSON(dst, json, report)
	}
}
