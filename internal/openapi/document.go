package main

// The parts of an OpenAPI 2.0 document that ours has.

type document struct {
	Swagger     string                           `json:"swagger"`
	Info        info                             `json:"info"`
	Tags        []tag                            `json:"tags"`
	Consumes    []string                         `json:"consumes"`
	Produces    []string                         `json:"produces"`
	Paths       map[string]map[string]*operation `json:"paths"`
	Responses   map[string]*response             `json:"responses"`
	Definitions map[string]*schema               `json:"definitions"`
}

type info struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version"`
}

type tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type operation struct {
	ID          string               `json:"operationId"`
	Tags        []string             `json:"tags"`
	Summary     string               `json:"summary"`
	Description string               `json:"description,omitempty"`
	Deprecated  bool                 `json:"deprecated,omitempty"`
	Parameters  []*parameter         `json:"parameters,omitempty"`
	Responses   map[string]*response `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *schema `json:"schema,omitempty"` // of a body; of all else the rest

	Type             string  `json:"type,omitempty"`
	Format           string  `json:"format,omitempty"`
	Items            *schema `json:"items,omitempty"`
	CollectionFormat string  `json:"collectionFormat,omitempty"`
}

type response struct {
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Schema      *schema            `json:"schema,omitempty"`
	Headers     map[string]*schema `json:"headers,omitempty"`
}

type schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 string             `json:"type,omitempty"`
	Format               string             `json:"format,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	ReadOnly             bool               `json:"readOnly,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	AdditionalProperties *schema            `json:"additionalProperties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
}
