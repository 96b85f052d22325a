import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { lazy } from "../../core/lazy.ts";
import type { AuthorizationRequest } from "./identity_provider.ts";
import type { ProviderHttp } from "./http.ts";

/** Longer than a provider ever takes; shorter than a user waits. */
const TIMEOUT_MS = 5_000;

/** The part of OpenID Connect Discovery 1.0, section 3, that is used. */
const Discovery = lazy(() =>
  z.object({
    authorization_endpoint: z.url(),
    token_endpoint: z.url().optional(),
    jwks_uri: z.url(),
  })
);

type Discovery = z.infer<ReturnType<typeof Discovery>>;

export interface OidcIssuerOptions {
  /** Name of the provider in errors. */
  name: string;
  configurationUrl: string;
  /** Accepted values of `iss`. */
  issuers: string[];
  /** Accepted values of `aud` and `azp`. */
  clientIds: string[];
  http: ProviderHttp;
  clock: Clock;
}

/**
 * Sends users to an issuer, and verifies the ID tokens that they return with, following OpenID
 * Connect Core, section 3.1.3.7: signature by the issuer's published keys and never by a symmetric
 * algorithm, issuer, audience, authorized party, expiry, nonce.
 */
export class OidcIssuer {
  #discovery: Promise<Discovery> | null = null;
  #keys: Promise<ReturnType<typeof createRemoteJWKSet>> | null = null;

  constructor(private readonly options: OidcIssuerOptions) {}

  /** Fetched once and cached; a failure is not cached. */
  discovery(): Promise<Discovery> {
    return this.#discovery ??= this.#discover().catch((error) => {
      this.#discovery = null;
      throw error;
    });
  }

  /**
   * Returns the address where a sign-in begins: OpenID Connect Core, section 3.1.2.1, with PKCE
   * (RFC 7636).
   */
  async authorizationUrl(
    request: AuthorizationRequest,
    clientId: string,
    scope: string,
  ): Promise<string> {
    const { authorization_endpoint } = await this.discovery();
    const url = new URL(authorization_endpoint);
    const parameters = {
      response_type: "code",
      client_id: clientId,
      scope,
      redirect_uri: request.redirectUri,
      state: request.state,
      nonce: request.nonce,
      code_challenge: request.codeChallenge,
      code_challenge_method: "S256",
    };
    url.search = String(new URLSearchParams(parameters));
    return url.href;
  }

  async verify(idToken: string, nonce: string | null): Promise<JWTPayload & { sub: string }> {
    const { issuers, clientIds, clock, name } = this.options;
    const keys = await this.#keySet();
    try {
      const { payload } = await jwtVerify(idToken, keys, {
        algorithms: ["RS256", "PS256", "ES256"],
        issuer: issuers,
        audience: clientIds,
        requiredClaims: ["sub", "iat", "exp"],
        currentDate: new Date(clock.now()),
        clockTolerance: 30,
      });
      this.#checkParties(payload);
      if (nonce !== null && payload.nonce !== nonce) throw refused(name, "its nonce differs");
      if (payload.sub === "") throw refused(name, "it names no subject");
      return payload as JWTPayload & { sub: string };
    } catch (error) {
      throw translated(name, error);
    }
  }

  /**
   * A token for several audiences must name the authorized party, and that must be one of our
   * clients.
   */
  #checkParties({ aud, azp }: JWTPayload): void {
    const { clientIds, name } = this.options;
    const several = Array.isArray(aud) && aud.length > 1;
    if (azp === undefined && !several) return;
    if (typeof azp === "string" && clientIds.includes(azp)) return;
    throw refused(name, "it was issued for another application");
  }

  #keySet() {
    return this.#keys ??= this.discovery().then(
      ({ jwks_uri }) =>
        createRemoteJWKSet(new URL(jwks_uri), {
          timeoutDuration: TIMEOUT_MS,
          [customFetch]: (url, init) => this.options.http.fetch(url, init),
        }),
    ).catch((error) => {
      this.#keys = null;
      throw error;
    });
  }

  async #discover(): Promise<Discovery> {
    const { name, configurationUrl, http } = this.options;
    const { ok, body } = await http.ask(configurationUrl);
    const parsed = Discovery().safeParse(body);
    if (ok && parsed.success) return parsed.data;
    throw new AppError("unavailable", `Cannot reach ${name}: reading its configuration failed`);
  }
}

function refused(name: string, reason: string): AppError {
  return new AppError("unauthenticated", `Cannot verify the ${name} ID token: ${reason}`);
}

function translated(name: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTExpired) return refused(name, "it has expired");
  const unreachable = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout ||
    error.code === "ERR_JOSE_GENERIC";
  if (!unreachable) {
    return new AppError("unauthenticated", `Cannot verify the ${name} ID token: it is not valid`, {
      cause: error,
    });
  }
  return new AppError(
    "unavailable",
    `Cannot verify the ${name} ID token: fetching its keys failed`,
    { cause: error },
  );
}
