import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import type { AuthorizationRequest } from "./identity_provider.ts";
import type { ProviderHttp } from "./http.ts";

/** Longer than a provider ever takes; shorter than a person waits. */
const TIMEOUT_MS = 5_000;

/** OpenID Connect Discovery 1.0, section 3, as far as it is used. */
const Discovery = z.object({
  authorization_endpoint: z.url(),
  token_endpoint: z.url().optional(),
  jwks_uri: z.url(),
});

type Discovery = z.infer<typeof Discovery>;

export interface OidcIssuerOptions {
  /** What to call it in errors. */
  name: string;
  configurationUrl: string;
  /** What `iss` may be. */
  issuers: string[];
  /** What `aud` and `azp` may be. */
  clientIds: string[];
  http: ProviderHttp;
  clock: Clock;
}

/**
 * Sends people to an issuer, and verifies the ID tokens that they come back with as OpenID Connect
 * Core, section 3.1.3.7, asks: signature by the issuer's own published keys and by no symmetric
 * algorithm, issuer, audience, authorised party, expiry, nonce.
 */
export class OidcIssuer {
  #discovery: Promise<Discovery> | null = null;
  #keys: Promise<ReturnType<typeof createRemoteJWKSet>> | null = null;

  constructor(private readonly options: OidcIssuerOptions) {}

  /** Asked for once; a failure is not remembered. */
  discovery(): Promise<Discovery> {
    return this.#discovery ??= this.#discover().catch((error) => {
      this.#discovery = null;
      throw error;
    });
  }

  /** Where a person begins: OpenID Connect Core, section 3.1.2.1, with PKCE (RFC 7636). */
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
      if (nonce !== null && payload.nonce !== nonce) throw refused(name, "its nonce is another");
      if (payload.sub === "") throw refused(name, "it names nobody");
      return payload as JWTPayload & { sub: string };
    } catch (error) {
      throw translated(name, error);
    }
  }

  /** A token that is meant for several must say who asked for it, and that must be one of ours. */
  #checkParties({ aud, azp }: JWTPayload): void {
    const { clientIds, name } = this.options;
    const several = Array.isArray(aud) && aud.length > 1;
    if (azp === undefined && !several) return;
    if (typeof azp === "string" && clientIds.includes(azp)) return;
    throw refused(name, "it was made for another application");
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
    const parsed = Discovery.safeParse(body);
    if (ok && parsed.success) return parsed.data;
    throw new AppError("unavailable", `Asking ${name}: its configuration cannot be read`);
  }
}

function refused(name: string, why: string): AppError {
  return new AppError("unauthenticated", `Verifying the ID token of ${name}: ${why}`);
}

function translated(name: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTExpired) return refused(name, "it has expired");
  const unreachable = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout ||
    error.code === "ERR_JOSE_GENERIC";
  if (!unreachable) {
    return new AppError("unauthenticated", `Verifying the ID token of ${name}: it is not valid`, {
      cause: error,
    });
  }
  return new AppError("unavailable", `Asking ${name}: its keys cannot be had`, { cause: error });
}
