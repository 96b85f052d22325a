/** Headers that many responses have, in OpenAPI's form. */
export const SHARED_HEADERS = {
  "RateLimit": {
    description: "What is left of the limit: draft-ietf-httpapi-ratelimit-headers",
    schema: { type: "string" },
    example: '"send";r=1199;t=1',
  },
  "RateLimit-Policy": {
    description: "The limit and its window in seconds",
    schema: { type: "string" },
    example: '"send";q=1200;w=60',
  },
  "Retry-After": {
    description: "Whole seconds after which a retry may succeed",
    schema: { type: "integer", format: "int32", minimum: 1 },
  },
  "WWW-Authenticate": {
    description: "The challenge of RFC 6750, with `error` if an access token was refused",
    schema: { type: "string" },
    example: 'Bearer realm="realtimechat", error="invalid_token"',
  },
} as const;

/** Returns references to shared headers, for a response. */
export function sharedHeaders(...names: (keyof typeof SHARED_HEADERS)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
