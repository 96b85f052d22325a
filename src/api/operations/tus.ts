import { sharedHeaders } from "../headers.ts";
import type { Parameter, RawRoute } from "../raw_route.ts";

/** tus (https://tus.io/protocols/resumable-upload). */
export const TUS_VERSION = "1.0.0";

export const CHECKSUM_ALGORITHMS = ["sha1", "sha256", "md5"] as const;

const common = { tag: "Media", access: "session" } as const;
const UPLOADS = "/api/media/uploads";
const ONE = `${UPLOADS}/:mediaId`;
const text = { type: "string" } as const;
const count = { type: "integer", format: "int64", minimum: 0 } as const;
const version: Parameter["schema"] = { type: "string", enum: [TUS_VERSION] };
const rates = sharedHeaders("RateLimit", "RateLimit-Policy");
const bytes = { schema: { type: "string", format: "binary" } };
const charged = (limit: string) =>
  `Needs an access token. Counts against the rate limit \`${limit}\`.`;

const mediaId: Parameter = {
  name: "mediaId",
  in: "path",
  required: true,
  description: "The id of an upload",
  schema: { type: "string", format: "uuid" },
};

const sent = (
  name: string,
  description: string,
  { required = false, schema = text as Parameter["schema"] } = {},
): Parameter => ({ name, in: "header", required, description, schema });

const received = (description: string, schema: object = text) => ({ description, schema });

const resumable = sent("Tus-Resumable", "The version of the protocol", {
  required: true,
  schema: version,
});

const checksum = sent(
  "Upload-Checksum",
  `\`${CHECKSUM_ALGORITHMS.join("`, `")}\` and the digest of the body in base64`,
);

const HEADERS = { ...rates, "Tus-Resumable": received("The version that was used", version) };
const OFFSET = received("Number of bytes received", count);
const EXPIRES = received("When an unfinished upload is deleted");

const CREATE: RawRoute = {
  ...common,
  method: "POST",
  path: UPLOADS,
  name: "media.tus.create",
  summary: "Begin a resumable upload (tus 1.0); one of no bytes is finished with it",
  description:
    "Extensions: creation, creation-with-upload, expiration, checksum, termination and " +
    "concatenation. `Upload-Defer-Length` is refused. A body of type " +
    `\`application/offset+octet-stream\` is the first bytes.\n\n${charged("upload")}`,
  parameters: [
    resumable,
    sent("Upload-Length", "Bytes of the whole; not for a final upload", { schema: count }),
    sent("Upload-Metadata", "`filename` and `chatId`, each with its value in base64"),
    sent("Upload-Concat", "`partial`, or `final;` and the URLs of partial uploads"),
    checksum,
  ],
  requestBody: { required: false, content: { "application/offset+octet-stream": bytes } },
  responses: {
    "201": {
      description: "Created",
      headers: {
        ...HEADERS,
        "Location": received("The path to which the bytes go"),
        "Upload-Offset": OFFSET,
        "Upload-Expires": EXPIRES,
      },
    },
  },
  errors: [
    "forbidden",
    "not_found",
    "conflict",
    "precondition_failed",
    "checksum_mismatch",
    "payload_too_large",
    "quota_exceeded",
    "unsupported_media_type",
    "request_timeout",
  ],
};

const STATE: RawRoute = {
  ...common,
  method: "HEAD",
  path: ONE,
  name: "media.tus.state",
  summary: "How far a resumable upload has come",
  description: charged("read"),
  parameters: [mediaId, resumable],
  responses: {
    "200": {
      description: "In `Upload-Offset` and `Upload-Length`",
      headers: {
        ...HEADERS,
        "Upload-Offset": OFFSET,
        "Upload-Length": received("Bytes of the whole", count),
        "Upload-Metadata": received("The value from the creation"),
        "Upload-Concat": received("The value from the creation"),
        "Upload-Expires": EXPIRES,
        "Cache-Control": received("`no-store`"),
      },
    },
  },
  errors: ["not_found", "precondition_failed"],
};

const APPEND: RawRoute = {
  ...common,
  method: "PATCH",
  path: ONE,
  name: "media.tus.append",
  summary: "Send bytes of a resumable upload; the last ones finish it",
  description: "A proxy that passes no PATCH may be sent a POST with `X-HTTP-Method-Override: " +
    `PATCH\`.\n\n${charged("write")}`,
  parameters: [
    mediaId,
    resumable,
    sent("Upload-Offset", "Position of the first byte: the number of bytes received", {
      required: true,
      schema: count,
    }),
    checksum,
  ],
  requestBody: { required: true, content: { "application/offset+octet-stream": bytes } },
  responses: {
    "204": {
      description: "Stored, up to `Upload-Offset`",
      headers: { ...HEADERS, "Upload-Offset": OFFSET, "Upload-Expires": EXPIRES },
    },
  },
  errors: [
    "forbidden",
    "not_found",
    "conflict",
    "precondition_failed",
    "checksum_mismatch",
    "payload_too_large",
    "quota_exceeded",
    "unsupported_media_type",
    "request_timeout",
  ],
};

const TERMINATE: RawRoute = {
  ...common,
  method: "DELETE",
  path: ONE,
  name: "media.tus.terminate",
  summary: "Give up a resumable upload",
  description: `Deletes the received bytes.\n\n${charged("write")}`,
  parameters: [mediaId, resumable],
  responses: { "204": { description: "Deleted", headers: HEADERS } },
  errors: ["forbidden", "not_found", "conflict", "precondition_failed"],
};

const OPTIONS: RawRoute = {
  ...common,
  access: "public",
  method: "OPTIONS",
  path: UPLOADS,
  name: "media.tus.options",
  summary: "Which versions and extensions of tus are offered",
  description: "Needs no access token, and counts against no rate limit.",
  responses: {
    "204": {
      description: "In the headers",
      headers: {
        "Tus-Resumable": received("The version that was used", version),
        "Tus-Version": received("Versions that are offered", version),
        "Tus-Extension": received("Extensions that are offered, separated by commas"),
        "Tus-Checksum-Algorithm": received("Algorithms for `Upload-Checksum`"),
        "Tus-Max-Size": received("Bytes of one upload at most", count),
      },
    },
  },
};

/** The routes of `routes.ts` in the OpenAPI document. */
export const TUS_ROUTES: readonly RawRoute[] = [CREATE, STATE, APPEND, TERMINATE, OPTIONS];
