package transcode

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// scramble rewrites wire form into another one that means the same: fields in
// another order, lists in pieces and packed otherwise, messages in parts, values
// overruled by later ones.
func scramble(g *generator, md protoreflect.MessageDescriptor, wire []byte) []byte {
	byNumber := map[protowire.Number][][]byte{}
	var order []protowire.Number
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeField(wire)
		if n < 0 {
			panic("not wire form")
		}
		field := wire[:n]
		wire = wire[n:]
		if byNumber[number] == nil {
			order = append(order, number)
		}
		var fd protoreflect.FieldDescriptor
		if md != nil {
			fd = md.Fields().ByNumber(number)
		}
		pieces := [][]byte{field}
		switch {
		case fd == nil || wireType != protowire.BytesType:
			if fd != nil && !fd.IsList() && g.chance(20) {
				pieces = append([][]byte{field}, field)
			}
		case fd.IsPacked():
			pieces = nil
			_, _, tag := protowire.ConsumeTag(field)
			body, _ := protowire.ConsumeBytes(field[tag:])
			elem := map[protoreflect.Kind]protowire.Type{protoreflect.DoubleKind: protowire.Fixed64Type, protoreflect.FloatKind: protowire.Fixed32Type}[fd.Kind()]
			for len(body) > 0 {
				n := protowire.ConsumeFieldValue(1, elem, body)
				pieces = append(pieces, append(protowire.AppendTag(nil, number, elem), body[:n]...))
				body = body[n:]
			}
		case fd.Message() != nil && !fd.IsMap():
			_, _, tag := protowire.ConsumeTag(field)
			body, _ := protowire.ConsumeBytes(field[tag:])
			body = scramble(g, fd.Message(), body)
			whole := protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), body)
			pieces = [][]byte{whole}
			// A singular message may come as one part a field, but only the first
			// part of a Value's kinds survives that.
			if !fd.IsList() && fd.Message().FullName() != "google.protobuf.Value" && g.chance(50) && len(body) > 0 {
				pieces = nil
				for len(body) > 0 {
					_, _, n := protowire.ConsumeField(body)
					pieces = append(pieces, protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), body[:n]))
					body = body[n:]
				}
			}
		}
		byNumber[number] = append(byNumber[number], pieces...)
	}
	// Deal the pieces out in any order that keeps each field's own.
	var out []byte
	for len(order) > 0 {
		k := g.IntN(len(order))
		number := order[k]
		out = append(out, byNumber[number][0]...)
		byNumber[number] = byNumber[number][1:]
		if len(byNumber[number]) == 0 {
			order = append(order[:k], order[k+1:]...)
		}
	}
	return out
}
