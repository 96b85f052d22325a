import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from "jose";
import * as errors from "jose/errors";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { fittingName, isVisible } from "../core/visible_text.ts";
import { headerText } from "../core/mail_address.ts";
import { EXTERNAL_ID } from "../model/user.ts";
import { ProviderHttp } from "./providers/http.ts";

export interface OwnTokensOptions {
  /** Where the customer publishes its keys; null if it shares a secret. */
  jwksUrl: string | null;
  secret: string | null;
  issuer: string;
  audience: string;
  /** Names of the claims that hold the external id, the name and the picture's URL. */
  claims: { user: string; name: string; picture: string };
  clock: Clock;
}

/** A customer's token, verified. Times are milliseconds since 1970. */
export interface OwnToken {
  externalId: string;
  /** Null if the token does not say it. */
  name: string | null;
  picture: string | null;
  /** The customer's session (`sid`), so that it can be ended by itself; empty without one. */
  sid: string;
  issuedAt: number;
  expiresAt: number;
  /** When the person proved their identity (`auth_time`); null if the token does not say it. */
  authenticatedAt: number | null;
}

/**
 * Never the algorithm of a token's own choice: a shared secret and public keys exclude each other.
 */
const BY_KEYS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
const BY_SECRET = ["HS256"];
const LEEWAY_S = 30;
/** Ended sessions are kept as long, and refuse the tokens from before their end. */
const MAX_AGE_S = 30 * 86_400;
/** Milliseconds between two fetches of the keys, however many tokens name an unknown one. */
const REFETCH_MS = 30_000;
const CACHE_MS = 10 * 60_000;
const MAX_SID = 256;
const MAX_NAME = 100;
const MAX_URL = 2048;

/**
 * Verifies the JWTs of the customer (RFC 7519, RFC 8725): signature, issuer, audience and times.
 * Keys come from the configured URL only, whatever a token's header names.
 */
export class OwnTokens {
  readonly #http = new ProviderHttp("the customer's keys");
  readonly #keys: ReturnType<typeof createRemoteJWKSet> | Uint8Array;

  constructor(private readonly options: OwnTokensOptions) {
    const { jwksUrl, secret } = options;
    this.#keys = jwksUrl === null ? new TextEncoder().encode(secret!) : this.#keySet(jwksUrl);
  }

  /** True if the token names the customer as its issuer; it is not verified yet. */
  isOwn(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.options.issuer;
    } catch {
      return false;
    }
  }

  /**
   * Throws `token_expired` for a token that was good before, `unavailable` if the keys cannot be
   * fetched, and `unauthenticated` for any other token.
   */
  async verify(token: string): Promise<OwnToken> {
    const { issuer, audience, clock } = this.options;
    try {
      const options = {
        algorithms: this.#keys instanceof Uint8Array ? BY_SECRET : BY_KEYS,
        issuer,
        audience,
        requiredClaims: ["exp", "iat"],
        maxTokenAge: MAX_AGE_S,
        currentDate: new Date(clock.now()),
        clockTolerance: LEEWAY_S,
      };
      const { payload } = this.#keys instanceof Uint8Array
        ? await jwtVerify(token, this.#keys, options)
        : await jwtVerify(token, this.#keys, options);
      return this.#read(payload);
    } catch (error) {
      throw translated(error);
    }
  }

  /** Aborts a fetch of the keys. */
  close(): void {
    this.#http.close();
  }

  #keySet(url: string) {
    return createRemoteJWKSet(new URL(url), {
      cooldownDuration: REFETCH_MS,
      cacheMaxAge: CACHE_MS,
      // Bounded in time and size, and without redirects.
      [customFetch]: async (address: string) => {
        const { ok, body } = await this.#http.ask(address);
        return new Response(JSON.stringify(body), { status: ok ? 200 : 502 });
      },
    });
  }

  #read(payload: JWTPayload): OwnToken {
    const { claims } = this.options;
    const user = payload[claims.user];
    const externalId = typeof user === "number" ? String(user) : user;
    if (typeof externalId !== "string" || !EXTERNAL_ID.test(externalId)) {
      throw refused(`its claim "${claims.user}" is no external id`);
    }
    const { sid, auth_time, iat, exp } = payload;
    if (sid !== undefined && (typeof sid !== "string" || sid.length > MAX_SID)) {
      throw refused('its claim "sid" is no short text');
    }
    return {
      externalId,
      name: nameOf(payload[claims.name]),
      picture: urlOf(payload[claims.picture]),
      sid: sid ?? "",
      issuedAt: iat! * 1000,
      expiresAt: exp! * 1000,
      authenticatedAt: typeof auth_time === "number" ? auth_time * 1000 : null,
    };
  }
}

/** One visible line; null for anything else, because a name is no reason to refuse a token. */
function nameOf(claim: unknown): string | null {
  if (typeof claim !== "string") return null;
  const shown = fittingName(headerText(claim));
  return isVisible(shown) ? [...shown].slice(0, MAX_NAME).join("").trim() : null;
}

function urlOf(claim: unknown): string | null {
  const isUrl = typeof claim === "string" && claim.length <= MAX_URL && URL.canParse(claim);
  return isUrl && /^https?:/i.test(claim) ? claim : null;
}

function translated(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTExpired) {
    const message = error.claim === "exp" ? "The token has expired" : "The token is too old";
    return new AppError(error.claim === "exp" ? "token_expired" : "unauthenticated", message);
  }
  if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
    const message = "Cannot verify the token: fetching the customer's keys failed";
    return new AppError("unavailable", message, { cause: error });
  }
  return new AppError("unauthenticated", "The token is not valid", { cause: error });
}

function refused(reason: string): AppError {
  return new AppError("unauthenticated", `The token is not valid: ${reason}`);
}
