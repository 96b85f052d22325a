import { createHmac } from "node:crypto";
import type { JWTPayload } from "jose";
import * as errors from "jose/errors";
import { SignJWT } from "jose/jwt/sign";
import { jwtVerify } from "jose/jwt/verify";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

/**
 * The use of a token. It is part of the verification, so that a token cannot be used for another
 * purpose.
 */
export type TokenPurpose = "access" | "refresh" | "device";

export interface TokenClaims {
  userId: string;
  sessionId: string;
  /** Makes each token unique; refresh tokens are stored under its hash. */
  tokenId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface TokenSecrets {
  accessSecret: string;
  refreshSecret: string;
  /** Earlier signing secrets, whose tokens are still accepted. */
  formerAccessSecrets?: readonly string[];
  formerRefreshSecrets?: readonly string[];
  accessTtlMs: number;
  refreshTtlMs: number;
}

/** Time of issue, and the time that the token must not outlive; in milliseconds since 1970. */
export interface TokenTimes {
  issuedAt?: number;
  notAfter?: number;
}

const ISSUER = "realtimechat";
/** RFC 9068 defines the media type of access tokens; that of refresh tokens follows its form. */
const TYPES: Record<TokenPurpose, string> = {
  access: "at+jwt",
  refresh: "rt+jwt",
  device: "dt+jwt",
};

/**
 * Access tokens whose signature is remembered, about 700 bytes each: verifying one takes a seventh
 * of a request's CPU time.
 */
const MAX_VERIFIED = 5_000;

/** A device without a sign-in for this long is no longer known. */
const DEVICE_TTL_MS = 365 * 86_400_000;

/**
 * JWTs (RFC 7519) under HMAC-SHA-256, each purpose with separate secrets, type and audience. Only
 * that algorithm is accepted, whatever a token's header says (RFC 8725, section 3.1). The first
 * secret of a purpose signs; the others are from before a rotation and only verify.
 */
export class Tokens {
  readonly #keys: Record<TokenPurpose, Promise<CryptoKey>[]>;
  readonly #ttl: Record<TokenPurpose, number>;
  readonly #refreshSecrets: readonly string[];
  /** Claims of access tokens that were verified, the oldest first. */
  readonly #verified = new Map<string, TokenClaims>();

  constructor(secrets: TokenSecrets, private readonly clock: Clock) {
    const { formerAccessSecrets = [], formerRefreshSecrets = [] } = secrets;
    this.#refreshSecrets = [secrets.refreshSecret, ...formerRefreshSecrets];
    this.#keys = {
      access: [secrets.accessSecret, ...formerAccessSecrets].map(hmacKey),
      refresh: this.#refreshSecrets.map(hmacKey),
      device: this.#refreshSecrets.map(hmacKey),
    };
    this.#ttl = {
      access: secrets.accessTtlMs,
      refresh: secrets.refreshTtlMs,
      device: DEVICE_TTL_MS,
    };
  }

  /** Returns when a token of this purpose expires if it is issued now. */
  expiryOf(purpose: TokenPurpose, { issuedAt, notAfter }: TokenTimes = {}): number {
    return Math.min((issuedAt ?? this.clock.now()) + this.#ttl[purpose], notAfter ?? Infinity);
  }

  /** Deterministic: equal claims at equal times give equal tokens. */
  async sign(
    purpose: TokenPurpose,
    claims: Omit<TokenClaims, "expiresAt">,
    times: TokenTimes = {},
  ): Promise<string> {
    const issuedAt = times.issuedAt ?? this.clock.now();
    const expiresAt = this.expiryOf(purpose, { ...times, issuedAt });
    return await new SignJWT({ sid: claims.sessionId })
      .setProtectedHeader({ alg: "HS256", typ: TYPES[purpose] })
      .setIssuer(ISSUER)
      .setAudience(purpose)
      .setSubject(claims.userId)
      .setJti(claims.tokenId)
      .setIssuedAt(Math.floor(issuedAt / 1000))
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .sign(await this.#keys[purpose][0]);
  }

  /**
   * Returns the possible ids of a refresh token's successor. They are derived from the token's own
   * id and a secret, so that the successor can be created again without being stored. The first is
   * the one to use; the others were derived with earlier secrets.
   */
  successorIds(tokenId: string): string[] {
    return this.#refreshSecrets.map((secret) =>
      createHmac("sha256", secret).update(`successor\0${tokenId}`).digest("base64url")
    );
  }

  /**
   * Throws `token_expired` for a token that was valid before, `unauthenticated` for anything else.
   */
  async verify(purpose: TokenPurpose, token: string): Promise<TokenClaims> {
    if (purpose !== "access") return await this.#verify(purpose, token);
    const known = this.#verified.get(token);
    if (known && known.expiresAt > this.clock.now()) return known;
    this.#verified.delete(token);
    const claims = await this.#verify(purpose, token);
    if (this.#verified.size >= MAX_VERIFIED) {
      const [oldest] = this.#verified.keys();
      this.#verified.delete(oldest);
    }
    this.#verified.set(token, claims);
    return claims;
  }

  async #verify(purpose: TokenPurpose, token: string): Promise<TokenClaims> {
    try {
      const { sub, sid, jti, exp } = await this.#payloadOf(purpose, token);
      // A signature proves the author of the claims, not their type; only text may be passed to a
      // store.
      if (typeof sub !== "string" || typeof sid !== "string" || typeof jti !== "string") {
        throw new TypeError("A claim that must be text has another type");
      }
      return { userId: sub, sessionId: sid, tokenId: jti, expiresAt: exp! * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new AppError("token_expired", `The ${purpose} token has expired`);
      }
      throw new AppError("unauthenticated", `The ${purpose} token is not valid`, { cause: error });
    }
  }

  /** Verifies with each of the purpose's secrets until one fits. */
  async #payloadOf(purpose: TokenPurpose, token: string): Promise<JWTPayload> {
    let refusal: unknown;
    for (const key of this.#keys[purpose]) {
      try {
        return await this.#verifyBy(await key, purpose, token);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  async #verifyBy(key: CryptoKey, purpose: TokenPurpose, token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["HS256"],
      typ: TYPES[purpose],
      issuer: ISSUER,
      audience: purpose,
      requiredClaims: ["sub", "sid", "jti", "exp"],
      currentDate: new Date(this.clock.now()),
    });
    return payload;
  }
}

function hmacKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
}
