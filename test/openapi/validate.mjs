// Validates an OpenAPI document, on behalf of a test: its structure against the
// schema of OpenAPI, then what a schema cannot tell.
//
//   node validate.mjs openapi.json
import SwaggerParser from '@apidevtools/swagger-parser';

const { openapi, paths } = await SwaggerParser.validate(process.argv[2], { resolve: { external: false } });
console.log(`OpenAPI ${openapi}, ${Object.keys(paths).length} paths`);
