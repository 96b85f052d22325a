import { SignJWT } from "jose/jwt/sign";
import { toBase64Url } from "../../../core/base64url.ts";
import type { Bytes } from "../../../core/bytes.ts";
import { keyBytes } from "../../../core/key_bytes.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";

/**
 * Voluntary Application Server Identification (RFC 8292): identifies the sending server to push
 * services.
 */

/** The maximum is 24 hours (section 2); half of it tolerates clocks that differ. */
const TOKEN_SECONDS = 12 * 60 * 60;
const RENEW_BEFORE_MS = 60 * 60 * 1000;
/**
 * The vendors have a handful of origins; endpoints come from clients, so the cache needs a limit.
 */
const MAX_CACHED_TOKENS = 64;

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

/**
 * Both keys in base64url, the format of browsers' `applicationServerKey` and of the usual tools.
 */
export interface VapidKeyText {
  /** An uncompressed point, 65 bytes. */
  publicKey: string;
  /** 32 bytes. */
  privateKey: string;
}

export interface VapidKeys {
  publicKey: string;
  privateKey: CryptoKey;
  /** Contact address for push services: a `mailto:` or `https:` URL. */
  subject: string;
}

/** Throws an Error that names the fault and never quotes the private key. */
export async function parseVapidKeys(text: VapidKeyText, subject: string): Promise<VapidKeys> {
  if (!isContact(subject)) throw new Error("The VAPID subject must be a mailto: or https: URL");
  const point = decode("public", text.publicKey, 65);
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: toBase64Url(point.subarray(1, 33)),
    y: toBase64Url(point.subarray(33)),
    d: toBase64Url(decode("private", text.privateKey, 32)),
  };
  const privateKey = await importMatching(jwk, point);
  return { publicKey: toBase64Url(point), privateKey, subject };
}

/**
 * An import alone does not detect a private key that belongs to another public key; a signature
 * does.
 */
async function importMatching(
  jwk: JsonWebKey,
  point: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  try {
    const privateKey = await crypto.subtle.importKey("jwk", jwk, CURVE, false, ["sign"]);
    const publicKey = await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
    const signature = await crypto.subtle.sign(SIGNATURE, privateKey, point);
    if (await crypto.subtle.verify(SIGNATURE, publicKey, signature, point)) return privateKey;
  } catch { /* reported below */ }
  throw new Error("The VAPID keys are not valid: they are not a key pair on the curve P-256");
}

function decode(name: string, text: string, length: number): Bytes {
  const bytes = keyBytes(text, length);
  if (bytes) return bytes;
  throw new Error(`The VAPID ${name} key must be ${length} bytes in base64url`);
}

function isContact(subject: string): boolean {
  if (/^mailto:[^@\s]+@[^@\s]+$/.test(subject)) return true;
  return subject.startsWith("https://") && URL.canParse(subject);
}

/**
 * Creates the `Authorization` header. A token is cached per origin and reused until shortly before
 * it expires.
 */
export class VapidSigner {
  readonly #tokens = new Map<string, { token: Promise<string>; usableUntil: number }>();

  constructor(private readonly keys: VapidKeys, private readonly clock: Clock = systemClock) {}

  async authorization(endpoint: URL): Promise<string> {
    return `vapid t=${await this.#token(endpoint.origin)}, k=${this.keys.publicKey}`;
  }

  #token(origin: string): Promise<string> {
    const now = this.clock.now();
    const cached = this.#tokens.get(origin);
    if (cached && now < cached.usableUntil) return cached.token;
    if (this.#tokens.size >= MAX_CACHED_TOKENS) this.#tokens.clear();
    const expiresAt = Math.floor(now / 1000) + TOKEN_SECONDS;
    const token = this.#sign(origin, expiresAt);
    this.#tokens.set(origin, { token, usableUntil: expiresAt * 1000 - RENEW_BEFORE_MS });
    return token;
  }

  #sign(audience: string, expiresAt: number): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: "ES256", typ: "JWT" })
      .setAudience(audience)
      .setExpirationTime(expiresAt)
      .setSubject(this.keys.subject)
      .sign(this.keys.privateKey);
  }
}
