package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The part of Swagger 2.0 that the vendor's document uses. Objects whose order
// decides field numbers keep the order of the document.

type swagger struct {
	Swagger     string                              `json:"swagger"`
	Paths       ordered[ordered[*swaggerOperation]] `json:"paths"`
	Definitions ordered[*schema]                    `json:"definitions"`
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
	Additional *schema          `json:"additionalProperties"`
	Required   []string         `json:"required"`
	ReadOnly   bool             `json:"readOnly"`
}

func parseSwagger(doc []byte) (*swagger, error) {
	var sw swagger
	if err := json.Unmarshal(doc, &sw); err != nil {
		return nil, fmt.Errorf("the document is not Swagger JSON: %w", err)
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
	if err := json.Unmarshal(data, &o.values); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		o.keys = append(o.keys, key.(string))
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return err
		}
	}
	return nil
}
