package customattributes

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
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

func (all *customSchemas) getUserCustomattribute(o *org.Organisation, c *api.Call) (any, error) {
	_, record, err := all.record(o, c)
	if err != nil {
		return nil, err
	}
	return record.view(), nil
}

func (all *customSchemas) deleteUserCustomattribute(o *org.Organisation, c *api.Call) (any, error) {
	s, record, err := all.record(o, c)
	if err != nil {
		return nil, err
	}
	delete(s.records, record.userID)
	return api.NoContent{}, nil
}

// getUserCustomattributesBulk shows what the user has of several schemas, in the
// order in which they were asked for. A schema of which the user has nothing is
// left out.
func (all *customSchemas) getUserCustomattributesBulk(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	ids := c.Strings("schemaIds")
	switch {
	case len(ids) == 0:
		return nil, problem.Missing("schemaIds")
	case len(ids) > api.MaxBulk:
		return nil, problem.Invalid("schemaIds", "it must not have more than "+strconv.Itoa(api.MaxBulk)+" items")
	}
	views := []customAttributesView{}
	for i, id := range ids {
		s, err := all.find(id)
		if err != nil {
			return nil, err
		}
		if record := s.records[u.ID]; record != nil && !slices.Contains(ids[:i], id) {
			views = append(views, record.view())
		}
	}
	return views, nil
}

// putUserCustomattributes replaces all that a user has of a schema.
func (all *customSchemas) putUserCustomattributes(o *org.Organisation, c *api.Call, in attributesUpdate) (any, error) {
	return all.write(o, c, []attributesUpdate{in}, false)
}

// patchUserCustomattributes changes the attributes it names; null removes one.
func (all *customSchemas) patchUserCustomattributes(o *org.Organisation, c *api.Call, in attributesUpdate) (any, error) {
	return all.write(o, c, []attributesUpdate{in}, true)
}

// patchUserCustomattributesBulk does several such changes, all or none. The
// answer has room for one record only: it is that of the last change.
func (all *customSchemas) patchUserCustomattributesBulk(o *org.Organisation, c *api.Call, in []attributesUpdate) (any, error) {
	switch {
	case len(in) == 0:
		return nil, problem.Missing("body")
	case len(in) > api.MaxBulk:
		return nil, api.TooManyItems()
	}
	return all.write(o, c, in, true)
}

// write makes all changes in order, or none, and shows the last record.
// With merge an attribute that is not named stays.
func (all *customSchemas) write(o *org.Organisation, c *api.Call, in []attributesUpdate, merge bool) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	changed := map[*customSchema]*attributeRecord{}
	var order []*customSchema
	for _, update := range in {
		if update.SchemaID == "" {
			return nil, problem.Missing("schemaId")
		}
		s, err := all.find(update.SchemaID)
		if err != nil {
			return nil, err
		}
		before := changed[s]
		if before == nil {
			before = s.records[u.ID]
		}
		if changed[s], err = s.recordAfter(u, before, update, merge); err != nil {
			return nil, err
		}
		order = append(order, s)
	}
	for _, s := range order {
		s.keep(o, changed[s])
	}
	return changed[order[len(order)-1]].view(), nil
}

// recordAfter is the record that before becomes; before may be nil.
func (s *customSchema) recordAfter(u *org.User, before *attributeRecord, in attributesUpdate, merge bool) (*attributeRecord, error) {
	next := &attributeRecord{userID: u.ID, version: s.current(), attributes: map[string]json.RawMessage{}}
	if in.SchemaVersion != 0 {
		next.version = s.version(in.SchemaVersion)
	}
	switch {
	case in.Attributes == nil:
		return nil, problem.Missing("attributes")
	case next.version == nil:
		return nil, problem.Invalid("schemaVersion", "the schema has no such version")
	case before == nil && !s.current().enabled:
		return nil, problem.Invalid("schemaId", "the schema is disabled")
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

// keep stores a record, which gets its id when it is the user's first.
func (s *customSchema) keep(o *org.Organisation, record *attributeRecord) {
	if record.id == "" {
		record.id = o.NewID()
	}
	if s.records == nil {
		s.records = map[string]*attributeRecord{}
	}
	s.records[record.userID] = record
}

// record finds what the user of the path has of the schema of the path.
func (all *customSchemas) record(o *org.Organisation, c *api.Call) (*customSchema, *attributeRecord, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, nil, err
	}
	s, err := all.find(c.Params["schemaId"])
	if err != nil {
		return nil, nil, err
	}
	record := s.records[u.ID]
	if record == nil {
		return nil, nil, problem.NotFound("custom attributes record", "schemaId")
	}
	return s, record, nil
}

func (r *attributeRecord) view() customAttributesView {
	return customAttributesView{
		ID: r.id, UserID: r.userID, Schema: r.version.view(), Attributes: r.attributes,
		SelfURI: org.UserLink(r.userID).SelfURI + "/customattributes/" + r.version.schema.id,
	}
}
