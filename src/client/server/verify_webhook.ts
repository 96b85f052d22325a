import { ChatError } from "../chat_error.ts";
import { misuse } from "../misuse.ts";
import type { WebhookEvent } from "./webhook_events.ts";

/** The platform's `Headers`, or Node's object of them. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface VerifyOptions {
  /** Seconds by which the request may be older, or the clocks may differ; 300 by default. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970; the clock's by default. */
  now?: number;
}

const SECRET = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/;
const HMAC = { name: "HMAC", hash: "SHA-256" };
/** Signatures that a request may have: one for each secret while one rotates. */
const MAX_SIGNATURES = 8;

/**
 * Returns the events of a webhook request, one or a batch, after checking its signature and age as
 * Standard Webhooks says. `body` is the body as it came, before it is parsed. Several secrets are
 * accepted while one rotates. Throws `unauthenticated` for any other request.
 *
 * ```ts ignore
 * import { verifyWebhook } from "realtimechat-client/server";
 *
 * for (const { type, data } of await verifyWebhook(secret, request.headers, await request.text()))
 * {
 *   if (type === "message.created") console.log(data?.text);
 * }
 * ```
 */
export async function verifyWebhook(
  secret: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent[]> {
  const keys = await Promise.all([secret].flat().map(keyOf));
  const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) =>
    headerOf(headers, `webhook-${name}`)
  );
  if (id === "" || !/^\d{1,12}$/.test(time) || signatures === "") {
    throw refused("it has no headers of Standard Webhooks");
  }
  if (Math.abs(now / 1000 - Number(time)) > toleranceSeconds) {
    throw refused("its time is too far from this clock's");
  }
  const bytes = typeof body === "string" ? utf8(body) : body;
  const signed = joined(utf8(`${id}.${time}.`), bytes);
  if (!await isSigned(keys, signatures, signed)) throw refused("its signature is another one");
  return eventsIn(bytes);
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const [, encoded] = SECRET.exec(secret ?? "") ?? [];
  const key = encoded === undefined ? null : decoded(encoded);
  if (key === null) throw misuse("verify webhooks", "a secret is whsec_ and base64");
  return await crypto.subtle.importKey("raw", key, HMAC, false, ["verify"]);
}

/** Compares in constant time, as `crypto.subtle.verify` does. */
async function isSigned(
  keys: CryptoKey[],
  signatures: string,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const given = signatures.split(" ", MAX_SIGNATURES).filter((each) => each.startsWith("v1,"));
  for (const signature of given) {
    const bytes = decoded(signature.slice(3));
    for (const key of bytes ? keys : []) {
      if (await crypto.subtle.verify("HMAC", key, bytes!, signed)) return true;
    }
  }
  return false;
}

function eventsIn(bytes: Uint8Array): WebhookEvent[] {
  const payload = JSON.parse(new TextDecoder().decode(bytes));
  return payload.type === "batch" ? payload.data : [payload];
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = typeof headers.get === "function"
    ? headers.get(name)
    : (headers as Record<string, string | string[] | undefined>)[name];
  return [value ?? ""].flat().join(" ");
}

function decoded(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

function refused(reason: string): ChatError {
  return new ChatError("unauthenticated", `Cannot accept the webhook: ${reason}`);
}
