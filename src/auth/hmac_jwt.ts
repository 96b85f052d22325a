import { Buffer } from "node:buffer";
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** Claims that a token must have besides its signature. */
export interface JwtExpectation {
  typ: string;
  issuer: string;
  audience: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** The token is this server's and was valid before. */
export class JwtExpired extends Error {}

/** Returns a JWT (RFC 7519) under HMAC-SHA-256. */
export function signHmacJwt(payload: object, typ: string, key: KeyObject): string {
  const text = `${encoded({ alg: "HS256", typ })}.${encoded(payload)}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

/**
 * Verifies such a JWT by the first of the keys that fits, and returns its
 * claims. Only tokens that this server signed pass, so only the form that it writes is accepted; no
 * header chooses the algorithm (RFC 8725, section 3.1). It is synchronous: Web Crypto sends each
 * signature to another thread and back, which a crowd that connects at once waits for. Throws
 * `JwtExpired`, or an error that names the fault.
 */
export function verifyHmacJwt(
  token: string,
  keys: readonly KeyObject[],
  expected: JwtExpectation,
): Record<string, unknown> {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("The token has not three parts");
  const [header, payload, signature] = parts;
  if (!keys.some((key) => isSigned(`${header}.${payload}`, signature, key))) {
    throw new Error("The signature does not fit");
  }
  const { alg, typ, crit } = parsed(header);
  if (alg !== "HS256" || typ !== expected.typ || crit !== undefined) {
    throw new Error("The header is not that of such a token");
  }
  const claims = parsed(payload);
  requireClaims(claims, expected);
  return claims;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function isSigned(text: string, signature: string, key: KeyObject): boolean {
  const given = Buffer.from(signature, "base64url");
  const own = createHmac("sha256", key).update(text).digest();
  return given.length === own.length && timingSafeEqual(given, own);
}

function parsed(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new Error("A part of the token is no JSON object");
}

function requireClaims(
  { iss, aud, exp, nbf }: Record<string, unknown>,
  { issuer, audience, now }: JwtExpectation,
): void {
  if (iss !== issuer) throw new Error("The token has another issuer");
  if (aud !== audience) throw new Error("The token is for another audience");
  const seconds = Math.floor(now / 1000);
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= seconds)) {
    throw new Error("The token is not valid yet");
  }
  if (typeof exp !== "number") throw new Error("The token has no time of expiry");
  if (exp <= seconds) throw new JwtExpired("The token has expired");
}
