import { errors, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

/** What a token is for. It is part of what is verified, so that none passes for another. */
export type TokenPurpose = "access" | "refresh";

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
  accessTtlMs: number;
  refreshTtlMs: number;
}

const ISSUER = "realtimechat";
/** RFC 9068 names the media type of access tokens; that of refresh tokens follows its form. */
const TYPES: Record<TokenPurpose, string> = { access: "at+jwt", refresh: "rt+jwt" };

/**
 * JWTs (RFC 7519) under HMAC-SHA-256, each purpose with its own secret, type and audience. Only that
 * algorithm is accepted, whatever a token's header says (RFC 8725, section 3.1).
 */
export class Tokens {
  readonly #keys: Record<TokenPurpose, Promise<CryptoKey>>;
  readonly #ttl: Record<TokenPurpose, number>;

  constructor(secrets: TokenSecrets, private readonly clock: Clock) {
    this.#keys = {
      access: hmacKey(secrets.accessSecret),
      refresh: hmacKey(secrets.refreshSecret),
    };
    this.#ttl = { access: secrets.accessTtlMs, refresh: secrets.refreshTtlMs };
  }

  get accessTtlMs(): number {
    return this.#ttl.access;
  }

  expiryOf(purpose: TokenPurpose): number {
    return this.clock.now() + this.#ttl[purpose];
  }

  async sign(purpose: TokenPurpose, claims: Omit<TokenClaims, "expiresAt">): Promise<string> {
    const now = Math.floor(this.clock.now() / 1000);
    return await new SignJWT({ sid: claims.sessionId })
      .setProtectedHeader({ alg: "HS256", typ: TYPES[purpose] })
      .setIssuer(ISSUER)
      .setAudience(purpose)
      .setSubject(claims.userId)
      .setJti(claims.tokenId)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.floor(this.#ttl[purpose] / 1000))
      .sign(await this.#keys[purpose]);
  }

  /** Throws `token_expired` for one that was good, `unauthenticated` for anything else. */
  async verify(purpose: TokenPurpose, token: string): Promise<TokenClaims> {
    try {
      const { payload } = await jwtVerify(token, await this.#keys[purpose], {
        algorithms: ["HS256"],
        typ: TYPES[purpose],
        issuer: ISSUER,
        audience: purpose,
        requiredClaims: ["sub", "sid", "jti", "exp"],
        currentDate: new Date(this.clock.now()),
      });
      const { sub, sid, jti, exp } = payload;
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
}

function hmacKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
}
