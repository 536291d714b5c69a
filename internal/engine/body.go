package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// body is the upstream's error body. It is read leniently: an odd error must still
// be reported.
type body struct {
	Message  text            `json:"message"`
	Code     text            `json:"code"`
	Context  text            `json:"contextId"`
	Params   map[string]text `json:"messageParams"`
	Template text            `json:"messageWithParams"`
	Details  []detail        `json:"details"`
	Errors   []body          `json:"errors"`
	Limit    limit           `json:"limit"`

	broken bool // there is more behind what could be read
}

type detail struct {
	ErrorCode text `json:"errorCode"`
	FieldName text `json:"fieldName"`
	EntityID  text `json:"entityId"`
	Entity    text `json:"entityName"`
}

type limit struct {
	Key       text `json:"key"`
	Namespace text `json:"namespace"`
	Value     text `json:"value"`
}

// text is a string, or the JSON of what stands in its place. It is valid UTF-8.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(t))
	}
	if *t = ""; !bytes.Equal(raw, []byte("null")) {
		*t = text(valid(string(raw)))
	}
	return nil
}

// parseBody reads an error body member by member, as far as it goes: the transport
// cuts long ones.
func parseBody(raw []byte) body {
	var b body
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return b
	}
	for d.More() {
		name, err := d.Token()
		if err == nil {
			key, _ := name.(string)
			err = b.member(d, strings.ToLower(key))
		}
		if err != nil {
			b.broken = true
			return b
		}
	}
	_, err := d.Token()
	b.broken = err != nil
	return b
}

// member reads the value of a member, whose name is in small letters.
func (b *body) member(d *json.Decoder, name string) error {
	switch name {
	case "message":
		return decode(d, &b.Message)
	case "code":
		return decode(d, &b.Code)
	case "contextid":
		return decode(d, &b.Context)
	case "messageparams":
		return decode(d, &b.Params)
	case "messagewithparams":
		return decode(d, &b.Template)
	case "limit":
		return decode(d, &b.Limit)
	case "details":
		return elements(d, &b.Details)
	case "errors":
		return elements(d, &b.Errors)
	default:
		return decode(d, &json.RawMessage{})
	}
}

// decode reads a value. What of it has another type is left out.
func decode(d *json.Decoder, into any) error {
	err := d.Decode(into)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return nil
	}
	return err
}

// elements reads the elements of a list one by one, so that those before a break are
// there. Anything else than a list is skipped.
func elements[T any](d *json.Decoder, into *[]T) error {
	open, err := d.Token()
	if err != nil {
		return err
	}
	depth := 0
	if delim, ok := open.(json.Delim); ok {
		depth = 1
		for list := delim == '['; list && d.More(); {
			var element T
			if err := decode(d, &element); err != nil {
				return err
			}
			*into = append(*into, element)
		}
	}
	for depth > 0 { // to the end of the list, or of what is in its place
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}
