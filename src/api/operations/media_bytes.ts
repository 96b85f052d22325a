import type { Parameter, RawRoute } from "../raw_route.ts";

const tag = "Media";
const bytes = { schema: { type: "string", format: "binary" } };
const mediaId: Parameter = {
  name: "mediaId",
  in: "path",
  required: true,
  schema: { type: "string", format: "uuid" },
};
const inQuery = (name: string, description: string): Parameter => ({
  ...{ name, in: "query", required: false, description },
  schema: { type: "string" },
});
const inHeader = (name: string, description: string, required = false): Parameter => ({
  ...{ name, in: "header", required, description },
  schema: { type: "string" },
});
const described = (description: string) => ({ description });

const UPLOAD_DESCRIPTION =
  "Pictures are turned upright and stripped of their metadata (Exif, XMP, IPTC). Video, audio and " +
  "other files are kept byte for byte: what they say of their place, device or author stays in them, " +
  "and every member of the chat can read it.";

/** What the OpenAPI document says of the routes in `routes.ts`. */
export const MEDIA_ROUTES: readonly RawRoute[] = [
  {
    method: "POST",
    path: "/api/media/upload",
    name: "media.upload",
    summary: "Upload a file",
    description: UPLOAD_DESCRIPTION,
    tag,
    access: "session",
    requestBody: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: {
              file: { type: "string", format: "binary" },
              chatId: {
                type: "string",
                format: "uuid",
                description: "Needed for the ciphertext of an encrypted chat",
              },
            },
            required: ["file"],
          },
        },
      },
    },
    responses: {
      "201": {
        description: "The finished upload",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Media" } } },
      },
    },
    errors: [
      ...["invalid_request", "not_found", "payload_too_large", "unsupported_media_type"] as const,
      ...["quota_exceeded", "request_timeout", "rate_limited", "unavailable"] as const,
    ],
  },
  {
    method: "GET",
    path: "/api/media/:mediaId",
    name: "media.download",
    summary: "The bytes of an upload, with Range and conditional requests; also by a signed link",
    tag,
    access: "session",
    parameters: [
      mediaId,
      inQuery("thumbnail", "The small picture (WebP) instead"),
      inQuery("user", "Of a signed link"),
      inQuery("session", "Of a signed link"),
      inQuery("expires", "Of a signed link"),
      inQuery("signature", "Of a signed link"),
    ],
    responses: {
      "200": { description: "The whole", content: { "*/*": bytes } },
      "206": { description: "The range", content: { "*/*": bytes } },
      "304": described("The client has it already"),
    },
    errors: [
      ...["invalid_request", "forbidden", "not_found", "range_not_satisfiable"] as const,
      "precondition_failed",
      ...["rate_limited", "unavailable"] as const,
    ],
  },
  {
    method: "POST",
    path: "/api/media/uploads",
    name: "media.tus.create",
    summary: "Begin a resumable upload (tus 1.0); one of no bytes is finished with it",
    description:
      "Extensions: creation, creation-with-upload, expiration, checksum, termination and " +
      "concatenation. Upload-Metadata may name filename and chatId.",
    tag,
    access: "session",
    parameters: [
      inHeader("Tus-Resumable", "1.0.0", true),
      inHeader("Upload-Length", "Bytes; not for a final upload"),
      inHeader("Upload-Metadata", "Pairs of a key and a value in base64"),
      inHeader("Upload-Concat", "`partial`, or `final;` and the URLs of partial uploads"),
    ],
    responses: { "201": described("Location says where to send the bytes") },
    errors: [
      ...["invalid_request", "not_found", "precondition_failed"] as const,
      ...["conflict", "payload_too_large", "quota_exceeded", "checksum_mismatch"] as const,
    ],
  },
  {
    method: "GET",
    path: "/api/media/uploads/:mediaId",
    name: "media.tus.state",
    summary: "How far a resumable upload has come (tus asks by HEAD)",
    tag,
    access: "session",
    parameters: [mediaId],
    responses: { "200": described("In Upload-Offset and Upload-Length") },
    errors: ["invalid_request", "not_found"],
  },
  {
    method: "PATCH",
    path: "/api/media/uploads/:mediaId",
    name: "media.tus.append",
    summary: "Send bytes of a resumable upload; the last ones finish it",
    tag,
    access: "session",
    parameters: [
      mediaId,
      inHeader("Tus-Resumable", "1.0.0", true),
      inHeader("Upload-Offset", "Where the bytes begin", true),
      inHeader("Upload-Checksum", "`sha1`, `sha256` or `md5` and the digest in base64"),
    ],
    requestBody: { required: true, content: { "application/offset+octet-stream": bytes } },
    responses: { "204": described("Taken, up to Upload-Offset") },
    errors: [
      ...["invalid_request", "not_found", "conflict", "precondition_failed"] as const,
      ...["payload_too_large", "quota_exceeded", "unsupported_media_type"] as const,
      ...["request_timeout", "forbidden", "checksum_mismatch"] as const,
    ],
  },
  {
    method: "DELETE",
    path: "/api/media/uploads/:mediaId",
    name: "media.tus.terminate",
    summary: "Give up a resumable upload",
    tag,
    access: "session",
    parameters: [mediaId],
    responses: { "204": described("Gone") },
    errors: ["not_found", "conflict", "precondition_failed"],
  },
];
