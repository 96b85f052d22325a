import type { RawRoute } from "../api/raw_route.ts";
import { codesOfAnyRoute } from "../api/error_codes.ts";
import type { Operation } from "../api/operation.ts";
import { openApiName, openApiTypeName } from "./openapi_names.ts";
import { fieldNames, hasRequired, parametersOf, withoutFields } from "./openapi_input.ts";
import { errorResponses, responsesOf } from "./openapi_responses.ts";
import type { JsonSchema, OpenApiSchemas } from "./openapi_schemas.ts";
import { describe } from "./openapi_texts.ts";

/** Describes one operation. `pathNames`: documented names of the path's parameters, by field. */
export function describeOperation(
  operation: Operation,
  pathNames: ReadonlyMap<string, string>,
  schemas: OpenApiSchemas,
): unknown {
  const { method } = operation.rest!;
  const input = schemas.input(operation);
  const inPath = [...pathNames.keys()];
  const others = fieldNames(input, schemas).filter((name) => !inPath.includes(name));
  const inQuery = method === "GET" ? others : [];
  const body = method === "GET" || others.length === 0
    ? undefined
    : withoutFields(input, inPath, schemas);
  const parameters = [
    ...parametersOf(inPath, "path", input, schemas)
      .map((parameter) => ({ ...parameter, name: pathNames.get(parameter.name)! })),
    ...parametersOf(inQuery, "query", input, schemas),
  ];
  return {
    operationId: openApiName(operation.name),
    summary: operation.summary,
    description: describe(operation),
    tags: [operation.tag],
    security: securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBodyOf(operation, body, schemas) }),
    responses: responsesOf(operation, schemas),
  };
}

export function describeRawRoute(raw: RawRoute): unknown {
  return {
    operationId: openApiName(raw.name),
    summary: raw.summary,
    description: raw.description,
    tags: [raw.tag],
    security: securityOf(raw),
    ...(raw.parameters && { parameters: raw.parameters }),
    ...(raw.requestBody !== undefined && { requestBody: raw.requestBody }),
    responses: {
      ...raw.responses,
      ...errorResponses([...codesOfAnyRoute(raw.access), ...raw.errors ?? []]),
    },
  };
}

function requestBodyOf({ name }: Operation, body: JsonSchema, schemas: OpenApiSchemas) {
  const required = hasRequired(body, schemas);
  const schema = schemas.named(body, `${openApiTypeName(name)}Request`);
  return { required, content: { "application/json": { schema } } };
}

/**
 * Adds an empty requirement next to the token if the call also works without one, and an API key if
 * a server may call it.
 */
function securityOf(
  { access, scope, optionalSession }: Pick<Operation, "access" | "scope" | "optionalSession">,
) {
  const byKey = scope === undefined ? [] : [{ apiKey: [] }];
  if (access === "server") return byKey;
  if (access !== "public") return [{ bearer: [] }, ...byKey, ...(optionalSession ? [{}] : [])];
  return optionalSession ? [{}, { bearer: [] }] : [];
}
