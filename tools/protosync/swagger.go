package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// The part of Swagger 2.0 that the vendor's document uses. Objects whose order
// decides field numbers keep the order of the document.

type swagger struct {
	Swagger     string                            `json:"swagger"`
	Paths       ordered[ordered[json.RawMessage]] `json:"paths"` // by verb, and what else stands there
	Definitions ordered[*schema]                  `json:"definitions"`
}

type swaggerOperation struct {
	OperationID string `json:"operationId"`
	// MethodName is the vendor's own name of the operation in its SDKs.
	MethodName  string              `json:"x-purecloud-method-name"`
	Tags        []string            `json:"tags"`
	Parameters  []*parameter        `json:"parameters"`
	Responses   ordered[*response]  `json:"responses"`
	Deprecated  bool                `json:"deprecated"`
	Preview     bool                `json:"x-inin-preview"`
	Permissions *swaggerPermissions `json:"x-inin-requires-permissions"`
}

type swaggerPermissions struct {
	Type  string   `json:"type"`
	Names []string `json:"permissions"`
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"` // in: body
	schema           // the others
}

type response struct {
	Schema *schema `json:"schema"`
}

type schema struct {
	Ref        string           `json:"$ref"`
	Type       string           `json:"type"`
	Format     string           `json:"format"`
	Enum       []any            `json:"enum"`
	Items      *schema          `json:"items"`
	Properties ordered[*schema] `json:"properties"`
	Additional *additional      `json:"additionalProperties"`
	AllOf      []any            `json:"allOf"`
	Required   []string         `json:"required"`
	ReadOnly   bool             `json:"readOnly"`
}

// additional is the schema of a map's values. The document may say true, which
// is a schema without a word, or false, which is none.
type additional struct{ *schema }

func (a *additional) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		a.schema = &schema{}
		return nil
	case "false":
		return nil
	}
	return json.Unmarshal(data, &a.schema)
}

// typed says whether the values have a type: a map of anything is free-form JSON.
func (a *additional) typed() bool {
	return a != nil && a.schema != nil && (a.Type != "" || a.Ref != "")
}

func parseSwagger(doc []byte) (*swagger, error) {
	var sw swagger
	if err := json.Unmarshal(doc, &sw); err != nil {
		if bad := (*json.SyntaxError)(nil); errors.As(err, &bad) {
			err = fmt.Errorf("line %d: %w", 1+bytes.Count(doc[:bad.Offset], []byte("\n")), bad)
		}
		return nil, fmt.Errorf("the document is not Swagger JSON: %w", plain(err))
	}
	if sw.Swagger != "2.0" {
		return nil, fmt.Errorf("the document says swagger %q; this program reads 2.0", sw.Swagger)
	}
	return &sw, nil
}

// ordered is a JSON object that remembers the order of its members.
type ordered[T any] struct {
	keys   []string
	values map[string]T
}

func (o *ordered[T]) UnmarshalJSON(data []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	o.values = make(map[string]T, len(object))
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if _, twice := o.values[key]; twice {
			return fmt.Errorf("%q stands twice in one object", key)
		}
		if string(raw) == "null" {
			return fmt.Errorf("%q is null", key)
		}
		var value T
		if err := json.Unmarshal(raw, &value); err != nil {
			return fmt.Errorf("%s: %w", key, plain(err))
		}
		o.keys = append(o.keys, key)
		o.values[key] = value
	}
	return nil
}

// plain says what is wrong without the names of Go's types.
func plain(err error) error {
	var bad *json.UnmarshalTypeError
	if !errors.As(err, &bad) {
		return err
	}
	want := bad.Type.Kind().String()
	switch bad.Type.Kind() {
	case reflect.Struct, reflect.Map:
		want = "object"
	case reflect.Slice:
		want = "array"
	}
	return fmt.Errorf("%s: %s where %s belongs", cmp.Or(bad.Field, "the whole"), bad.Value, want)
}
