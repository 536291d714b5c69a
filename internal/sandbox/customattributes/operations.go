// Package customattributes is attributes of users that an organisation thinks up for
// itself: schemas and their versions (schemas.go), the core types and fields that
// they are made of, and what users have of them (attributes.go). It imports api, org,
// problem and wire, and keeps schemas and values itself.
package customattributes

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do for one organisation.
func Operations() api.Operations {
	all := &customSchemas{}
	return api.Operations{
		"getUsersCustomattributesSchemas":          api.Reads(all.getUsersCustomattributesSchemas),
		"postUsersCustomattributesSchemas":         api.WritesBody(all.postUsersCustomattributesSchemas),
		"getUsersCustomattributesSchemasCoretypes": api.Reads(getUsersCustomattributesSchemasCoretypes),
		"getUsersCustomattributesSchemasCoretype":  api.Reads(getUsersCustomattributesSchemasCoretype),
		"getUsersCustomattributesSchemasLimits":    api.Reads(getUsersCustomattributesSchemasLimits),
		"deleteUsersCustomattributesSchema":        api.Writes(all.deleteUsersCustomattributesSchema),
		"getUsersCustomattributesSchema":           api.Reads(all.getUsersCustomattributesSchema),
		"putUsersCustomattributesSchema":           api.WritesBody(all.putUsersCustomattributesSchema),
		"getUsersCustomattributesSchemaVersions":   api.Reads(all.getUsersCustomattributesSchemaVersions),
		"getUsersCustomattributesSchemaVersion":    api.Reads(all.getUsersCustomattributesSchemaVersion),
		"patchUserCustomattributes":                api.WritesBody(all.patchUserCustomattributes),
		"putUserCustomattributes":                  api.WritesBody(all.putUserCustomattributes),
		"getUserCustomattributesBulk":              api.Reads(all.getUserCustomattributesBulk),
		"patchUserCustomattributesBulk":            api.WritesBody(all.patchUserCustomattributesBulk),
		"deleteUserCustomattribute":                api.Writes(all.deleteUserCustomattribute),
		"getUserCustomattribute":                   api.Reads(all.getUserCustomattribute),
	}
}
