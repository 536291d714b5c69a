package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// attributeRecord is what one user has of one schema. It is replaced, never
// changed, and its attributes always satisfy the version that it names.
type attributeRecord struct {
	id         string
	userID     string
	version    *schemaVersion
	attributes map[string]json.RawMessage
}

// attributesUpdate is the upstream's UserCustomAttributesUpdateRequest.
type attributesUpdate struct {
	SchemaID      string                     `json:"schemaId"`
	SchemaVersion int32                      `json:"schemaVersion"`
	Attributes    map[string]json.RawMessage `json:"attributes"`
}

type customAttributesView struct {
	ID         string                     `json:"id"`
	UserID     string                     `json:"userId"`
	Schema     dataSchemaView             `json:"schema"`
	Attributes map[string]json.RawMessage `json:"attributes"`
	SelfURI    string                     `json:"selfUri"`
}

func getUserCustomattribute(o *organisation, c *call) (any, error) {
	_, record, err := c.attributeRecord(o)
	if err != nil {
		return nil, err
	}
	return record.view(), nil
}

func deleteUserCustomattribute(o *organisation, c *call) (any, error) {
	s, record, err := c.attributeRecord(o)
	if err != nil {
		return nil, err
	}
	delete(s.records, record.userID)
	return noContent{}, nil
}

// getUserCustomattributesBulk shows what the user has of several schemas, in the
// order in which they were asked for. A schema of which the user has nothing is
// left out.
func getUserCustomattributesBulk(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	ids := c.strings("schemaIds")
	switch {
	case len(ids) == 0:
		return nil, missing("schemaIds")
	case len(ids) > maxBulk:
		return nil, invalid("schemaIds", "it must not have more than "+strconv.Itoa(maxBulk)+" items")
	}
	views := []customAttributesView{}
	for i, id := range ids {
		s, err := o.customSchema(id)
		if err != nil {
			return nil, err
		}
		if record := s.records[u.id]; record != nil && !slices.Contains(ids[:i], id) {
			views = append(views, record.view())
		}
	}
	return views, nil
}

// putUserCustomattributes replaces all that a user has of a schema.
func putUserCustomattributes(o *organisation, c *call, in attributesUpdate) (any, error) {
	return o.writeAttributes(c, []attributesUpdate{in}, false)
}

// patchUserCustomattributes changes the attributes it names; null removes one.
func patchUserCustomattributes(o *organisation, c *call, in attributesUpdate) (any, error) {
	return o.writeAttributes(c, []attributesUpdate{in}, true)
}

// patchUserCustomattributesBulk does several such changes, all or none. The
// answer has room for one record only: it is that of the last change.
func patchUserCustomattributesBulk(o *organisation, c *call, in []attributesUpdate) (any, error) {
	switch {
	case len(in) == 0:
		return nil, missing("body")
	case len(in) > maxBulk:
		return nil, tooManyItems()
	}
	return o.writeAttributes(c, in, true)
}

// writeAttributes makes all changes in order, or none, and shows the last record.
// With merge an attribute that is not named stays.
func (o *organisation) writeAttributes(c *call, in []attributesUpdate, merge bool) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	changed := map[*customSchema]*attributeRecord{}
	var order []*customSchema
	for _, update := range in {
		if update.SchemaID == "" {
			return nil, missing("schemaId")
		}
		s, err := o.customSchema(update.SchemaID)
		if err != nil {
			return nil, err
		}
		before := changed[s]
		if before == nil {
			before = s.records[u.id]
		}
		if changed[s], err = s.recordAfter(u, before, update, merge); err != nil {
			return nil, err
		}
		order = append(order, s)
	}
	for _, s := range order {
		o.keepRecord(s, changed[s])
	}
	return changed[order[len(order)-1]].view(), nil
}

// recordAfter is the record that before becomes; before may be nil.
func (s *customSchema) recordAfter(u *user, before *attributeRecord, in attributesUpdate, merge bool) (*attributeRecord, error) {
	next := &attributeRecord{userID: u.id, version: s.current(), attributes: map[string]json.RawMessage{}}
	if in.SchemaVersion != 0 {
		next.version = s.version(in.SchemaVersion)
	}
	switch {
	case in.Attributes == nil:
		return nil, missing("attributes")
	case next.version == nil:
		return nil, invalid("schemaVersion", "the schema has no such version")
	case before == nil && !s.current().enabled:
		return nil, invalid("schemaId", "the schema is disabled")
	}
	if before != nil {
		next.id = before.id
		if merge {
			maps.Copy(next.attributes, before.attributes)
		}
	}
	maps.Copy(next.attributes, in.Attributes)
	maps.DeleteFunc(next.attributes, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	return next, next.version.check(next.attributes)
}

// keepRecord stores a record, which gets its id when it is the user's first.
func (o *organisation) keepRecord(s *customSchema, record *attributeRecord) {
	if record.id == "" {
		record.id = seededID(o.ids)
	}
	if s.records == nil {
		s.records = map[string]*attributeRecord{}
	}
	s.records[record.userID] = record
}

// attributeRecord finds what the user of the path has of the schema of the path.
func (c *call) attributeRecord(o *organisation) (*customSchema, *attributeRecord, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, nil, err
	}
	s, err := o.customSchema(c.params["schemaId"])
	if err != nil {
		return nil, nil, err
	}
	record := s.records[u.id]
	if record == nil {
		return nil, nil, notFound("custom attributes record", "schemaId")
	}
	return s, record, nil
}

func (r *attributeRecord) view() customAttributesView {
	return customAttributesView{
		ID: r.id, UserID: r.userID, Schema: r.version.view(), Attributes: r.attributes,
		SelfURI: userLink(r.userID).SelfURI + "/customattributes/" + r.version.schema.id,
	}
}
