package sandbox

func customattributesOperations() operations {
	all := &customSchemas{}
	return operations{
		"getUsersCustomattributesSchemas":          reads(all.getUsersCustomattributesSchemas),
		"postUsersCustomattributesSchemas":         writesBody(all.postUsersCustomattributesSchemas),
		"getUsersCustomattributesSchemasCoretypes": reads(getUsersCustomattributesSchemasCoretypes),
		"getUsersCustomattributesSchemasCoretype":  reads(getUsersCustomattributesSchemasCoretype),
		"getUsersCustomattributesSchemasLimits":    reads(getUsersCustomattributesSchemasLimits),
		"deleteUsersCustomattributesSchema":        writes(all.deleteUsersCustomattributesSchema),
		"getUsersCustomattributesSchema":           reads(all.getUsersCustomattributesSchema),
		"putUsersCustomattributesSchema":           writesBody(all.putUsersCustomattributesSchema),
		"getUsersCustomattributesSchemaVersions":   reads(all.getUsersCustomattributesSchemaVersions),
		"getUsersCustomattributesSchemaVersion":    reads(all.getUsersCustomattributesSchemaVersion),
		"patchUserCustomattributes":                writesBody(all.patchUserCustomattributes),
		"putUserCustomattributes":                  writesBody(all.putUserCustomattributes),
		"getUserCustomattributesBulk":              reads(all.getUserCustomattributesBulk),
		"patchUserCustomattributesBulk":            writesBody(all.patchUserCustomattributesBulk),
		"deleteUserCustomattribute":                writes(all.deleteUserCustomattribute),
		"getUserCustomattribute":                   reads(all.getUserCustomattribute),
	}
}
