package faults

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

const (
	// driftMember is what newer answers have and older contracts do not.
	driftMember = "sandboxDrift"
	// driftStatus is a routing status that is in no contract.
	driftStatus = "SANDBOX_DRIFT"
)

// drifted is an answer as a newer upstream might send it: the answer itself and
// every object in it that has an id (which no map has) have a member more, and
// routing statuses are of a new kind. All else stays, in its order.
func drifted(body []byte) []byte {
	d := drifter{in: json.NewDecoder(bytes.NewReader(body))}
	d.in.UseNumber()
	if err := d.value("", 0); err != nil {
		return body // no JSON, as no body is
	}
	return d.out.Bytes()
}

// drifter copies JSON from in to out.
type drifter struct {
	in  *json.Decoder
	out bytes.Buffer
}

// value copies the next value; name is the member that it belongs to.
func (d *drifter) value(name string, depth int) error {
	token, err := d.in.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return d.object(depth)
	case json.Delim('['):
		return d.list(depth)
	}
	if status, _ := token.(string); name == "status" && slices.Contains(org.RoutingStatuses, status) {
		token = driftStatus
	}
	return d.scalar(token)
}

func (d *drifter) object(depth int) error {
	d.out.WriteByte('{')
	entity := depth == 0
	for first := true; d.in.More(); first = false {
		if !first {
			d.out.WriteByte(',')
		}
		token, err := d.in.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		entity = entity || name == "id"
		if err := d.scalar(name); err != nil {
			return err
		}
		d.out.WriteByte(':')
		if err := d.value(name, depth+1); err != nil {
			return err
		}
	}
	if entity {
		if d.out.Bytes()[d.out.Len()-1] != '{' {
			d.out.WriteByte(',')
		}
		d.out.WriteString(`"` + driftMember + `":{"since":"2031-01-01T00:00:00.000Z","kinds":["new",null]}`)
	}
	d.out.WriteByte('}')
	_, err := d.in.Token()
	return err
}

func (d *drifter) list(depth int) error {
	d.out.WriteByte('[')
	for first := true; d.in.More(); first = false {
		if !first {
			d.out.WriteByte(',')
		}
		if err := d.value("", depth+1); err != nil {
			return err
		}
	}
	d.out.WriteByte(']')
	_, err := d.in.Token()
	return err
}

func (d *drifter) scalar(value any) error {
	encoder := json.NewEncoder(&d.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	d.out.Truncate(d.out.Len() - 1) // the newline
	return nil
}
