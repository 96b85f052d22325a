// The functions of zod without its methods, as a namespace: a bundler includes only those that are
// used.
import * as z from "zod/mini";
import { type Bytes, fromUtf8, utf8 } from "./encoding.ts";
import { MlsClientError } from "./mls_client_error.ts";

/** 32 and 7 bytes in base64url. */
const secret = (bytes: number) =>
  z.string().check(z.regex(new RegExp(`^[\\w-]{${Math.ceil(bytes * 4 / 3)}}$`)));

/**
 * Separators of paths, and characters that turn the direction of text: with U+202E,
 * `invoice\u202efdp.exe` is shown as `invoiceexe.pdf`. The server, which takes them out of the names of
 * plain files, cannot see these.
 */
const MISLEADING = /[/\\\u202a-\u202e\u2066-\u2069]/g;

const fileSchema = z.object({
  mediaId: z.string(),
  name: z.string().check(z.maxLength(255)),
  type: z.string().check(z.maxLength(127)),
  /** Bytes of the plaintext. */
  size: z.int().check(z.nonnegative()),
  key: secret(32),
  noncePrefix: secret(7),
  width: z.optional(z.int().check(z.positive())),
  height: z.optional(z.int().check(z.positive())),
  /** Preview of a picture until it is here: at most 25 bytes, in base64. */
  thumbHash: z.optional(z.string().check(z.regex(/^[\w+/]{4,36}={0,2}$/))),
  /** Milliseconds, of audio and video. */
  duration: z.optional(z.number().check(z.nonnegative())),
});

const clientId = z.string().check(z.minLength(1), z.maxLength(128));
/** The message that another one is about: its clientId from the sender, and the sender. */
const target = z.object({ senderId: z.string(), clientId });

const contentSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("message"),
    clientId,
    text: z.string(),
    replyTo: z.optional(target),
    mentions: z.optional(z.array(z.string())),
    files: z.optional(z.array(fileSchema)),
  }),
  z.object({ kind: z.literal("edit"), clientId, target, text: z.string() }),
  z.object({ kind: z.literal("delete"), clientId, target }),
  z.object({
    kind: z.literal("reaction"),
    clientId,
    target,
    emoji: z.string().check(z.minLength(1), z.maxLength(64)),
    remove: z.optional(z.boolean()),
  }),
]);

const KINDS: string[] = contentSchema.def.options.flatMap(({ shape }) => shape.kind.def.values);

/** The plaintext of an encrypted message, version 1: JSON in UTF-8 with `v: 1`. */
export type MessageContent = z.infer<typeof contentSchema>;
export type FileDescriptor = z.infer<typeof fileSchema>;

export function encodeContent(content: MessageContent): Bytes {
  return utf8(JSON.stringify({ v: 1, ...content }));
}

/**
 * Throws `unsupported` for a later version or an unknown kind: show it as "update to read this",
 * not as an error. Unknown fields are dropped, and names of files are safe to show and to save.
 * Throws `bad_message` for any other invalid content.
 *
 * @param clientId of the envelope that the server delivered: the one inside must be the same, so
 * that the server cannot present an old ciphertext as another message.
 */
export function decodeContent(
  plaintext: Uint8Array,
  clientId: string,
): MessageContent | { kind: "unsupported" } {
  const json = parseJson(plaintext);
  if (json.v !== 1) return { kind: "unsupported" };
  if (typeof json.kind === "string" && !KINDS.includes(json.kind)) return { kind: "unsupported" };
  const { success, data, error } = contentSchema.safeParse(json);
  if (!success) {
    const { path, message } = error.issues[0];
    throw new MlsClientError(
      "bad_message",
      `Read a message's content: ${path.join(".")} ${message}`,
    );
  }
  if (data.clientId !== clientId) {
    throw new MlsClientError("bad_message", "Read a message's content: its clientId is another");
  }
  if (data.kind === "message") {
    for (const file of data.files ?? []) file.name = file.name.replace(MISLEADING, "_");
  }
  return data;
}

/**
 * Only the sender of a message may edit or delete it: `senderId` comes from the decryption. Edits
 * and deletions by others have no effect.
 */
export function mayApply(content: MessageContent, senderId: string): boolean {
  if (content.kind !== "edit" && content.kind !== "delete") return true;
  return content.target.senderId === senderId;
}

function parseJson(plaintext: Uint8Array): Record<string, unknown> {
  let cause;
  try {
    const json = JSON.parse(fromUtf8(plaintext));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  } catch (error) {
    cause = error;
  }
  throw new MlsClientError("bad_message", "Read a message's content: it is no JSON object", cause);
}
