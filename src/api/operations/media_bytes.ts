import { sharedHeaders } from "../headers.ts";
import type { Parameter, RawRoute } from "../raw_route.ts";
import { TUS_ROUTES } from "./tus.ts";

const tag = "Media";
const text = { type: "string" } as const;
const bytes = { schema: { type: "string", format: "binary" } };
const rates = sharedHeaders("RateLimit", "RateLimit-Policy");
const header = (description: string, schema: object = text) => ({ description, schema });
const optional = (place: "query" | "header") => (name: string, description: string): Parameter => ({
  name,
  in: place,
  required: false,
  description,
  schema: { type: "string" },
});
const inQuery = optional("query");
const inHeader = optional("header");

const mediaId: Parameter = {
  name: "mediaId",
  in: "path",
  required: true,
  description: "The id of an upload",
  schema: { type: "string", format: "uuid" },
};

const CACHED_HEADERS = {
  ...rates,
  "ETag": header("Names the bytes, strongly: it changes only with them"),
  "Last-Modified": header("When the upload was created"),
  "Cache-Control": header("Private, and for as long as the link is valid; else for a year"),
  "Content-Disposition": header("`inline` for pictures, video and sound, with the file's name"),
};

const BYTES_HEADERS = {
  ...CACHED_HEADERS,
  "Accept-Ranges": header("`bytes`"),
  "Content-Length": header("Bytes of this response", { type: "integer", format: "int64" }),
};

const UPLOAD_DESCRIPTION =
  "Pictures are turned upright and stripped of their metadata (Exif, XMP, IPTC). Video, audio and " +
  "other files are kept byte for byte: what they say of their place, device or author stays in them, " +
  "and every member of the chat can read it.\n\n" +
  "Needs an access token. Counts against the rate limit `upload`.";

const DOWNLOAD_DESCRIPTION = "One range (`Range: bytes=…`, with `If-Range`) and conditional " +
  "requests as in RFC 9110. HEAD returns the same headers without the bytes.\n\n" +
  "Needs an access token, or all four parameters of a link that `mediaLink` returned. Counts " +
  "against the rate limit `read`, unless by link.";

const UPLOAD: RawRoute = {
  method: "POST",
  path: "/api/media/upload",
  name: "media.upload",
  summary: "Upload a file",
  description: UPLOAD_DESCRIPTION,
  tag,
  access: "session",
  scope: "messages:write",
  requestBody: {
    required: true,
    content: {
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: {
            file: { type: "string", format: "binary", description: "The bytes, with a file name" },
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
      headers: { ...rates, "Location": header("The path of the bytes") },
      content: { "application/json": { schema: { $ref: "#/components/schemas/Media" } } },
    },
  },
  errors: [
    "not_found",
    "conflict",
    "payload_too_large",
    "unsupported_media_type",
    "quota_exceeded",
    "request_timeout",
  ],
};

const DOWNLOAD: RawRoute = {
  method: "GET",
  path: "/api/media/:mediaId",
  name: "media.download",
  summary: "The bytes of an upload, or a range of them",
  description: DOWNLOAD_DESCRIPTION,
  tag,
  access: "session",
  scope: "messages:read",
  optionalSession: true,
  parameters: [
    mediaId,
    {
      name: "thumbnail",
      in: "query",
      required: false,
      description: "The small picture (WebP) instead",
      schema: { type: "boolean" },
    },
    inQuery("user", "Of a signed link"),
    inQuery("session", "Of a signed link"),
    inQuery("expires", "Of a signed link"),
    inQuery("signature", "Of a signed link"),
    inHeader("Range", "One range of bytes: `bytes=0-499`, `bytes=500-` or `bytes=-500`"),
    inHeader("If-Range", "The ETag or Last-Modified to which the range belongs"),
    inHeader("If-None-Match", "ETags that the client has; 304 if one of them is current"),
    inHeader("If-Modified-Since", "The Last-Modified that the client has; without If-None-Match"),
    inHeader("If-Match", "ETags of which one must be current; 412 otherwise"),
    inHeader("If-Unmodified-Since", "The latest Last-Modified allowed; without If-Match"),
  ],
  responses: {
    "200": { description: "The whole", headers: BYTES_HEADERS, content: { "*/*": bytes } },
    "206": {
      description: "The range",
      headers: { ...BYTES_HEADERS, "Content-Range": header("`bytes 0-499/1234`") },
      content: { "*/*": bytes },
    },
    "304": { description: "The client has the current bytes", headers: CACHED_HEADERS },
  },
  errors: ["forbidden", "not_found", "precondition_failed", "range_not_satisfiable"],
};

/** The routes of `routes.ts` in the OpenAPI document. */
export const MEDIA_ROUTES: readonly RawRoute[] = [UPLOAD, DOWNLOAD, ...TUS_ROUTES];
