// Package gen holds what buf generates from proto/: the messages and stubs in
// gen/go, the REST handlers in gen/gateway, the OpenAPI document in gen/openapi.
// Only this file is written by hand.
package gen

import _ "embed" // the document below

// OpenAPI is the OpenAPI 3 document of the REST face, as JSON.
//
//go:embed openapi/openapi.json
var OpenAPI []byte
