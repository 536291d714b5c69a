package transcode

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// protojsonSpelling rewrites the upstream's JSON for protojson: enum values get
// their names in the contract, unknown members go, and what a field cannot hold is
// mended or goes as well.
func protojsonSpelling(t testing.TB, md protoreflect.MessageDescriptor, src []byte) []byte {
	t.Helper()
	out, _ := cutDown(t, md, src)
	return out
}

// cutDown is protojsonSpelling, and tells what did not fit.
func cutDown(t testing.TB, md protoreflect.MessageDescriptor, src []byte) ([]byte, []cut) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var c cutter
	switch object, ok := v.(map[string]any); {
	case md.FullName().Parent() == "google.protobuf":
		v = c.free(v, "", "", "")
	case ok:
		c.object(md, object, "")
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out, c.cuts
}

// A cut is a value that did not fit.
type cut struct {
	kind                    Kind
	message, field, pointer string
}

// A cutter makes JSON fit the contract. It is written from the documentation of the
// package and independently of it: from values and not from text.
type cutter struct{ cuts []cut }

// object makes the members of an object fit.
func (c *cutter) object(md protoreflect.MessageDescriptor, object map[string]any, at string) {
	for name, v := range object {
		fd := md.Fields().ByJSONName(name)
		if fd == nil {
			delete(object, name) // protojson takes proto names as well
			continue
		}
		at := at + "/" + name
		free := fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Value"
		switch list, isList := v.([]any); {
		case fd.IsList() && isList:
			left := []any{}
			for i, v := range list {
				if v == nil && !free {
					continue
				}
				if v, ok := c.single(fd, v, at+"/"+strconv.Itoa(i)); ok {
					left = append(left, v)
				}
			}
			object[name] = left
			continue
		case fd.IsMap():
			if entries, ok := v.(map[string]any); ok {
				free := fd.MapValue().Message() != nil && fd.MapValue().Message().FullName() == "google.protobuf.Value"
				for key, v := range entries {
					if v == nil && !free {
						delete(entries, key)
					} else if v, ok := c.entry(fd, v, at+"/*"); ok {
						entries[key] = v
					} else {
						delete(entries, key)
					}
				}
				continue
			}
		case !fd.IsList():
			if v == nil && !free {
				delete(object, name)
			} else if v, ok := c.single(fd, v, at); ok {
				object[name] = v
			} else {
				delete(object, name)
			}
			continue
		}
		delete(object, name) // no list, no map
		if v != nil {
			c.note(LeftOut, fd, at)
		}
	}
}

func (c *cutter) note(kind Kind, fd protoreflect.FieldDescriptor, at string) {
	c.cuts = append(c.cuts, cut{kind, string(fd.ContainingMessage().FullName()), fd.JSONName(), at})
}

// entry makes the value of an entry of a map fit.
func (c *cutter) entry(fd protoreflect.FieldDescriptor, v any, at string) (any, bool) {
	before := len(c.cuts)
	v, ok := c.single(fd.MapValue(), v, at)
	for k := range c.cuts[before:] { // the entry is no message for anybody else
		if own := &c.cuts[before+k]; own.pointer == at || own.message == string(fd.MapValue().ContainingMessage().FullName()) {
			own.message, own.field = string(fd.ContainingMessage().FullName()), fd.JSONName()
		}
	}
	return v, ok
}

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	anyTime    = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)([Tt ])(\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|([-+])(\d\d):?(\d\d))$`)
)

// single makes one value fit; not ok: it does not.
func (c *cutter) single(fd protoreflect.FieldDescriptor, v any, at string) (fitting any, ok bool) {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	boolean, isBool := v.(bool)
	if isText {
		number = json.Number(text)
	}
	switch fd.Kind() {
	case protoreflect.StringKind:
		switch {
		case isText:
			return text, true
		case isNumber:
			c.note(Mended, fd, at)
			return number.String(), true
		case isBool:
			c.note(Mended, fd, at)
			return strconv.FormatBool(boolean), true
		}
	case protoreflect.BoolKind:
		switch {
		case isBool:
			return boolean, true
		case text == "true" || text == "false":
			c.note(Mended, fd, at)
			return text == "true", true
		}
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		size := 64
		if fd.Kind() == protoreflect.Int32Kind {
			size = 32
		}
		if i, ok := wholeNumber(number.String()); ok && i.IsInt64() && i.Int64()>>(size-1) == i.Int64()>>63 {
			return json.Number(i.String()), true
		}
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		size := 64
		if fd.Kind() == protoreflect.FloatKind {
			size = 32
		}
		if text == "NaN" || text == "Infinity" || text == "-Infinity" {
			return text, true
		}
		if _, err := strconv.ParseFloat(number.String(), size); err == nil && jsonNumber.MatchString(number.String()) {
			return number, true
		}
	case protoreflect.EnumKind:
		if isText {
			return enumName(fd.Enum(), text), true
		}
	case protoreflect.MessageKind:
		object, isObject := v.(map[string]any)
		_, isList := v.([]any)
		message, field := string(fd.ContainingMessage().FullName()), fd.JSONName()
		switch fd.Message().FullName() {
		case "google.protobuf.Value":
			return c.free(v, at, message, field), true
		case "google.protobuf.Struct":
			if isObject {
				return c.free(v, at, message, field), true
			}
		case "google.protobuf.ListValue":
			if isList {
				return c.free(v, at, message, field), true
			}
		case "google.protobuf.Timestamp":
			if as, strict, ok := theTime(text); ok {
				if !strict {
					c.note(Mended, fd, at)
				}
				return as, true
			}
		default:
			if isObject {
				c.object(fd.Message(), object, at)
				return object, true
			}
		}
	}
	c.note(LeftOut, fd, at)
	return nil, false
}

// free makes free-form JSON fit.
func (c *cutter) free(v any, at, message, field string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = c.free(inner, at+"/*", message, field)
		}
	case []any:
		for i, inner := range v {
			v[i] = c.free(inner, at+"/"+strconv.Itoa(i), message, field)
		}
	case json.Number:
		if _, err := strconv.ParseFloat(v.String(), 64); err != nil {
			c.cuts = append(c.cuts, cut{LeftOut, message, field, at})
			return nil
		}
	}
	return v
}

func enumName(ed protoreflect.EnumDescriptor, upstream string) string {
	for i := range ed.Values().Len() {
		vd := ed.Values().Get(i)
		if vd.Number() > unrecognized && proto.GetExtension(vd.Options(), apiv1.E_Upstream) == upstream {
			return string(vd.Name())
		}
	}
	return string(ed.Values().ByNumber(unrecognized).Name())
}

// wholeNumber evaluates a number that has no fraction.
func wholeNumber(text string) (*big.Int, bool) {
	if !jsonNumber.MatchString(text) {
		return nil, false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if e, err := strconv.Atoi(exponent); exponent != "" && (err != nil || e > 1000 || e < -1000-len(mantissa)) {
		return new(big.Int), strings.Trim(mantissa, "-0.") == ""
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() {
		return nil, false
	}
	return r.Num(), true
}

// theTime reads a time; strict: it is written as the contract's readers want it.
func theTime(text string) (rfc3339 string, strict, ok bool) {
	m := anyTime.FindStringSubmatch(text)
	if m == nil {
		return "", false, false
	}
	n := func(s string) int { v, _ := strconv.Atoi(s); return v }
	year, month, day, hour, minute, second := n(m[1]), n(m[2]), n(m[3]), n(m[5]), n(m[6]), n(m[7])
	leap := second == 60
	if leap {
		second = 59
	}
	zone := (n(m[11])*60 + n(m[12])) * 60
	if m[10] == "-" {
		zone = -zone
	}
	if n(m[11]) > 23 || n(m[12]) > 59 {
		return "", false, false
	}
	nanos := n((m[8] + "0000000000")[min(1, len(m[8])):][:9])
	at := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.FixedZone("", zone))
	if at.Year() != year || int(at.Month()) != month || at.Day() != day || at.Hour() != hour || at.Minute() != minute || at.Second() != second {
		return "", false, false
	}
	if leap {
		at = at.Add(time.Second)
	}
	at = at.UTC()
	strict = !leap && m[4] == "T" && m[9] != "z" && len(m[8]) <= len(".123456789")
	return at.Format(time.RFC3339Nano), strict, at.Year() >= 1 && at.Year() <= 9999
}
