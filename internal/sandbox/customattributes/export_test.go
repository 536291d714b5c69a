package customattributes

const SchemaDialect = schemaDialect
