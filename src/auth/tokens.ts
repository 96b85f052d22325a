import { createHmac } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

/** What a token is for. It is part of what is verified, so that none passes for another. */
export type TokenPurpose = "access" | "refresh" | "device";

export interface TokenClaims {
  userId: string;
  sessionId: string;
  /** Makes each token its own; refresh tokens are known by its hash. */
  tokenId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface TokenSecrets {
  accessSecret: string;
  refreshSecret: string;
  /** Secrets that signed before, and whose tokens are still accepted. */
  formerAccessSecrets?: readonly string[];
  formerRefreshSecrets?: readonly string[];
  accessTtlMs: number;
  refreshTtlMs: number;
}

/** When a token is issued, and the moment that it must not outlive; in milliseconds since 1970. */
export interface TokenTimes {
  issuedAt?: number;
  notAfter?: number;
}

const ISSUER = "realtimechat";
/** RFC 9068 names the media type of access tokens; that of refresh tokens follows its form. */
const TYPES: Record<TokenPurpose, string> = {
  access: "at+jwt",
  refresh: "rt+jwt",
  device: "dt+jwt",
};

/** A device that nobody has signed in on for so long is known no more. */
const DEVICE_TTL_MS = 365 * 86_400_000;

/**
 * JWTs (RFC 7519) under HMAC-SHA-256, each purpose with its own secrets, type and audience. Only that
 * algorithm is accepted, whatever a token's header says (RFC 8725, section 3.1). The first secret of a
 * purpose signs; the others are those of before a rotation, and only verify.
 */
export class Tokens {
  readonly #keys: Record<TokenPurpose, Promise<CryptoKey>[]>;
  readonly #ttl: Record<TokenPurpose, number>;
  readonly #refreshSecrets: readonly string[];

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

  /** When a token of this purpose expires that is issued now. */
  expiryOf(purpose: TokenPurpose, { issuedAt, notAfter }: TokenTimes = {}): number {
    return Math.min((issuedAt ?? this.clock.now()) + this.#ttl[purpose], notAfter ?? Infinity);
  }

  /** The same claims at the same times give the same token. */
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
   * Ids that the successor of a refresh token may have: they follow from the token's own id and a
   * secret, so that the successor can be made again without being stored. The first is the one to use;
   * the others are those that were made under a secret of before.
   */
  successorIds(tokenId: string): string[] {
    return this.#refreshSecrets.map((secret) =>
      createHmac("sha256", secret).update(`successor\0${tokenId}`).digest("base64url")
    );
  }

  /** Throws `token_expired` for one that was good, `unauthenticated` for anything else. */
  async verify(purpose: TokenPurpose, token: string): Promise<TokenClaims> {
    try {
      const { sub, sid, jti, exp } = await this.#payloadOf(purpose, token);
      // A signature says who wrote them, not what they are; only text may go on to a store.
      if (typeof sub !== "string" || typeof sid !== "string" || typeof jti !== "string") {
        throw new TypeError("A claim that must be text is something else");
      }
      return { userId: sub, sessionId: sid, tokenId: jti, expiresAt: exp! * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new AppError("token_expired", `The ${purpose} token has expired`);
      }
      throw new AppError("unauthenticated", `The ${purpose} token is not valid`, { cause: error });
    }
  }

  /** By the first of the purpose's secrets that signed it. */
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
