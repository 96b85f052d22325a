import { type Bytes, concat } from "../../../core/bytes.ts";
import { keyBytes } from "../../../core/key_bytes.ts";
import { AppError, quote } from "../../../core/errors.ts";

/**
 * Message encryption for Web Push (RFC 8291) in the `aes128gcm` coding (RFC 8188), one record a
 * push.
 */

/**
 * Services must accept 4,096 bytes (RFC 8030, section 7.2), less the header, the tag and the
 * delimiter.
 */
export const MAX_PLAINTEXT_BYTES = 3993;

const RECORD_SIZE = 4096;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const encoder = new TextEncoder();

/** The browser's keys: its public key, raw and imported, and the secret shared with it alone. */
export interface SubscriptionKeys {
  publicBytes: Bytes;
  publicKey: CryptoKey;
  auth: Bytes;
}

/**
 * Throws `AppError("invalid_request")` for keys that no browser creates, including points off the
 * curve.
 */
export async function importSubscriptionKeys(
  keys: { p256dh: string; auth: string },
): Promise<SubscriptionKeys> {
  const publicBytes = decode("p256dh", keys.p256dh, 65);
  const auth = decode("auth", keys.auth, 16);
  if (!isOnCurve(publicBytes)) {
    throw invalidKey("p256dh", keys.p256dh, "a point on the curve P-256");
  }
  const publicKey = await crypto.subtle.importKey("raw", publicBytes, CURVE, false, []);
  return { publicBytes, publicKey, auth };
}

/** P-256 (FIPS 186-4, D.1.2.3): y² = x³ - 3x + b modulo p. */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Deno's `importKey` accepts any 65 bytes; without this check only the key agreement would fail.
 */
function isOnCurve(point: Bytes): boolean {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(toBigInt);
  if (point[0] !== 4 || x >= P || y >= P) return false;
  return (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

function toBigInt(bytes: Bytes): bigint {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}

function decode(name: string, text: string, length: number): Bytes {
  const bytes = keyBytes(text, length);
  if (bytes) return bytes;
  throw invalidKey(name, text, `${length} bytes in base64url`);
}

function invalidKey(name: string, text: string, expected: string): AppError {
  const message = `The push subscription's key ${name} must be ${expected}, not ${quote(text)}`;
  return new AppError("invalid_request", message, { errors: [{ path: name, message }] });
}

/**
 * Returns the body of a push message. `fixed` is only for the test vector of RFC 8291: using a key
 * pair or salt twice reveals the plaintext.
 */
export async function encryptWebPush(
  plaintext: Uint8Array,
  browser: SubscriptionKeys,
  fixed?: { sender: CryptoKeyPair; salt: Bytes },
): Promise<Bytes> {
  if (plaintext.length > MAX_PLAINTEXT_BYTES) {
    throw new RangeError(
      `Cannot encrypt a push of ${plaintext.length} bytes: the maximum is ${MAX_PLAINTEXT_BYTES}`,
    );
  }
  const sender = fixed?.sender ?? await newSenderKey();
  const salt = fixed?.salt ?? crypto.getRandomValues(new Uint8Array(16));
  const senderPublic = new Uint8Array(await crypto.subtle.exportKey("raw", sender.publicKey));
  const { key, nonce } = await contentKey(sender.privateKey, senderPublic, browser, salt);
  // 2 ends the last record (RFC 8188, section 2); there is no padding after it.
  const record = concat(plaintext, Uint8Array.of(2));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, record);
  return concat(salt, uint32(RECORD_SIZE), Uint8Array.of(65), senderPublic, new Uint8Array(sealed));
}

async function newSenderKey(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]) as CryptoKeyPair;
}

/** Derives the content key and nonce: RFC 8291, section 3.4. */
async function contentKey(
  senderPrivate: CryptoKey,
  senderPublic: Bytes,
  browser: SubscriptionKeys,
  salt: Bytes,
): Promise<{ key: CryptoKey; nonce: Bytes }> {
  const agreement = { name: "ECDH", public: browser.publicKey };
  const shared = new Uint8Array(await crypto.subtle.deriveBits(agreement, senderPrivate, 256));
  const info = concat(encoder.encode("WebPush: info\0"), browser.publicBytes, senderPublic);
  const secret = await hkdf(shared, browser.auth, info, 32);
  const keyBytes = await hkdf(secret, salt, encoder.encode("Content-Encoding: aes128gcm\0"), 16);
  const nonce = await hkdf(secret, salt, encoder.encode("Content-Encoding: nonce\0"), 12);
  const key = await crypto.subtle.importKey("raw", keyBytes, "AES-GCM", false, ["encrypt"]);
  return { key, nonce };
}

async function hkdf(secret: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8));
}

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
