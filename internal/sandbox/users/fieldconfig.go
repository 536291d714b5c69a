package users

import (
	"cmp"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// fieldConfig is the upstream's FieldConfig: what can be said of an entity.
type fieldConfig struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	EntityType    string         `json:"entityType,omitempty"`
	State         string         `json:"state"`
	Sections      []fieldSection `json:"sections"`
	Version       string         `json:"version"`
	SchemaVersion string         `json:"schemaVersion"`
	SelfURI       string         `json:"selfUri"`
}

type fieldSection struct {
	Key       string  `json:"key"`
	State     string  `json:"state"`
	FieldList []field `json:"fieldList"`
}

type field struct {
	Key        string `json:"key"`
	Type       string `json:"type"`
	State      string `json:"state"`
	Required   bool   `json:"required"`
	Repeatable bool   `json:"repeatable"`
}

// getFieldconfig tells which fields the profiles of a kind of entity have. Here
// they are the same for ever.
func getFieldconfig(o *org.Organisation, c *api.Call) (any, error) {
	if c.Query.Get("type") == "" {
		return nil, problem.Missing("type")
	}
	kind, err := c.Enum("type", "person", "group", "org", "externalContact")
	if err != nil {
		return nil, err
	}
	return fieldConfigOf(o, kind), nil
}

func fieldConfigOf(o *org.Organisation, kind string) fieldConfig {
	sections := map[string][]string{
		"person": {"general: name* title department", "contactInfo: email* phones+", "agent: profileSkills+ certifications+ acdAutoAnswer"},
		"group":  {"general: name* description"},
		"org":    {"general: name* domain*"},
	}[kind]
	v := fieldConfig{ID: o.ID + "-" + kind, Name: kind, State: org.StateActive, Sections: []fieldSection{}, Version: "1", SchemaVersion: "1"}
	v.SelfURI = wire.APIPrefix + "fieldconfig?type=" + kind
	if kind != "externalContact" { // which is no entity type of the answer
		v.EntityType = kind
	}
	for _, line := range sections {
		key, fields, _ := strings.Cut(line, ": ")
		section := fieldSection{Key: key, State: org.StateActive}
		for name := range strings.FieldsSeq(fields) {
			plain := strings.TrimRight(name, "*+")
			section.FieldList = append(section.FieldList, field{
				Key: plain, Type: cmp.Or(map[string]string{"acdAutoAnswer": "boolean", "email": "email", "phones": "phone"}[plain], "text"),
				State: org.StateActive, Required: strings.HasSuffix(name, "*"), Repeatable: strings.HasSuffix(name, "+"),
			})
		}
		v.Sections = append(v.Sections, section)
	}
	return v
}
