package transcode

import (
	"bytes"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// protojsonSpelling rewrites the upstream's JSON for protojson: enum values get
// their names in the contract, and unknown members go.
func protojsonSpelling(t testing.TB, md protoreflect.MessageDescriptor, src []byte) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(spell(md, v))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func spell(md protoreflect.MessageDescriptor, v any) any {
	object, ok := v.(map[string]any)
	if !ok || md.FullName().Parent() == "google.protobuf" {
		return v
	}
	single := func(fd protoreflect.FieldDescriptor, v any) any {
		s, isString := v.(string)
		switch {
		case fd.Enum() != nil && isString:
			for i := range fd.Enum().Values().Len() {
				vd := fd.Enum().Values().Get(i)
				if vd.Number() > unrecognized && proto.GetExtension(vd.Options(), apiv1.E_Upstream) == s {
					return string(vd.Name())
				}
			}
			return string(fd.Enum().Values().ByNumber(unrecognized).Name())
		case fd.Message() != nil:
			return spell(fd.Message(), v)
		default:
			return v
		}
	}
	for name, v := range object {
		fd := md.Fields().ByJSONName(name)
		if fd == nil {
			delete(object, name) // protojson takes proto names as well
			continue
		}
		switch value := v.(type) {
		case []any:
			if fd.IsList() {
				for i := range value {
					value[i] = single(fd, value[i])
				}
			}
		case map[string]any:
			if fd.IsMap() {
				for k := range value {
					value[k] = single(fd.MapValue(), value[k])
				}
			} else {
				object[name] = single(fd, v)
			}
		default:
			object[name] = single(fd, v)
		}
	}
	return object
}
