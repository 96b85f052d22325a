import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId, line, mediaId, timestamp } from "../fields.ts";
import { operation } from "../operation.ts";
import { MediaView } from "../views/media.ts";

const tag = "Media";

const UploadTicketView = lazy(() =>
  z.object({
    mediaId,
    protocol: z.enum(["s3", "tus"]).describe(
      "`s3`: one PUT to the store, then complete. `tus`: where the store is a disk, a resumable " +
        "upload to this server, with the access token",
    ),
    method: z.enum(["PUT", "PATCH"]),
    url: z.string(),
    headers: z.record(z.string(), z.string()).describe("To be sent as they are"),
    expiresAt: timestamp,
  }).meta({ id: "UploadTicket" })
);

const MediaLinkView = lazy(() =>
  z.object({
    url: z.string().describe("From the root of the server; takes `&thumbnail`"),
    expiresAt: timestamp,
  }).meta({ id: "MediaLink" })
);

const StorageUsageView = lazy(() =>
  z.object({
    usedBytes: z.int().describe("Of all uploads, those under way with the length they declare"),
    maxBytes: z.int(),
    openUploads: z.int().describe("Uploads that are not finished"),
    maxOpenUploads: z.int(),
  }).meta({ id: "StorageUsage" })
);

export const getStorageUsage = operation({
  name: "media.usage",
  summary: "How much the caller's uploads take, and how much they may",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "read",
  input: () => z.strictObject({}),
  output: StorageUsageView,
  rest: { method: "GET", path: "/media/usage" },
});

export const getMedia = operation({
  name: "media.get",
  summary: "What is known of an upload",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "read",
  input: () => z.strictObject({ mediaId }),
  output: MediaView,
  rest: { method: "GET", path: "/media/:mediaId/info" },
  errors: ["not_found"],
});

export const deleteMedia = operation({
  name: "media.delete",
  summary: "Delete an upload; messages that carry it lose it",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "write",
  input: () => z.strictObject({ mediaId }),
  output: null,
  rest: { method: "DELETE", path: "/media/:mediaId", status: 204 },
  errors: ["forbidden", "not_found"],
});

export const linkMedia = operation({
  name: "media.link",
  summary: "A link that works without a header for some minutes, for the caller's <img> tags",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ mediaId }),
  output: MediaLinkView,
  rest: { method: "POST", path: "/media/:mediaId/link", status: 201 },
  errors: ["not_found"],
});

export const presignMedia = operation({
  name: "media.presign",
  summary: "Prepare an upload straight to the store",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "upload",
  input: () =>
    z.strictObject({
      name: line({ max: 255 }),
      type: z.string().regex(
        /^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,60}$/,
        "must be a media type without parameters",
      ),
      size: z.int().min(0).describe("Bytes, exactly"),
      chatId: chatId.optional().describe("Needed for the ciphertext of an encrypted chat"),
    }),
  output: UploadTicketView,
  rest: { method: "POST", path: "/media/presign", status: 201 },
  errors: ["not_found", "payload_too_large", "quota_exceeded", "unsupported_media_type"],
});

export const completeMedia = operation({
  name: "media.complete",
  summary: "Have what was uploaded checked; may be repeated",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "upload",
  input: () => z.strictObject({ mediaId }),
  output: MediaView,
  rest: { method: "POST", path: "/media/:mediaId/complete" },
  errors: [
    "not_found",
    "conflict",
    "payload_too_large",
    "quota_exceeded",
    "unsupported_media_type",
  ],
});
