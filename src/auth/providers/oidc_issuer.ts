import { createHash } from "node:crypto";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { AppError, quote } from "../../core/errors.ts";
import { lazy } from "../../core/lazy.ts";
import type { AuthorizationRequest } from "./identity_provider.ts";
import type { ProviderHttp } from "./http.ts";

/** The configuration is fetched again after this time; the former one is kept if that fails. */
const DISCOVERY_MS = 24 * 3_600_000;
/** Never a symmetric one: everyone with the client's secret could sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const LEEWAY_S = 30;
/** OpenID Connect Core, section 2. */
const MAX_SUBJECT = 255;

/**
 * The part of OpenID Connect Discovery 1.0, section 3, that is used. Its endpoints are trusted as
 * the issuer is, which the operator chose: they may be in a private network.
 */
const Discovery = lazy(() =>
  z.object({
    issuer: z.string(),
    authorization_endpoint: z.url({ protocol: /^https?$/ }),
    token_endpoint: z.url({ protocol: /^https?$/ }).optional(),
    userinfo_endpoint: z.url({ protocol: /^https?$/ }).optional(),
    jwks_uri: z.url({ protocol: /^https?$/ }),
    token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    authorization_response_iss_parameter_supported: z.boolean().optional(),
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
  #discoveredAt = 0;
  #keys: { url: string; set: ReturnType<typeof createRemoteJWKSet> } | null = null;

  constructor(private readonly options: OidcIssuerOptions) {}

  /** Fetched once a day and cached; a failure is not cached. */
  discovery(): Promise<Discovery> {
    const now = this.options.clock.now();
    const former = this.#discovery;
    if (former && now - this.#discoveredAt < DISCOVERY_MS) return former;
    this.#discoveredAt = now;
    return this.#discovery = this.#discover().catch((error) => {
      if (former) return former;
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
    more: Record<string, string> = {},
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
      ...more,
    };
    for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
    return url.href;
  }

  /** With an access token, the ID token's hash of it (`at_hash`) must fit, if there is one. */
  async verify(
    idToken: string,
    nonce: string | null,
    accessToken?: string,
  ): Promise<JWTPayload & { sub: string }> {
    const { issuers, clientIds, clock, name } = this.options;
    const keys = await this.#keySet();
    try {
      const { payload, protectedHeader } = await jwtVerify(idToken, keys, {
        algorithms: ALGORITHMS,
        issuer: issuers,
        audience: clientIds,
        requiredClaims: ["sub", "iat", "exp"],
        currentDate: new Date(clock.now()),
        clockTolerance: LEEWAY_S,
      });
      this.#checkParties(payload);
      if (nonce !== null && payload.nonce !== nonce) throw refused(name, "its nonce differs");
      const { at_hash } = payload;
      if (accessToken !== undefined && at_hash !== undefined) {
        const fits = isHashOf(at_hash, accessToken, protectedHeader.alg);
        if (!fits) throw refused(name, "it is of another access token");
      }
      const { sub } = payload;
      if (!sub || sub.length > MAX_SUBJECT) throw refused(name, "it names no subject");
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

  /** Fetches the keys again when a token names an unknown one, at most every 30 s. */
  async #keySet() {
    const { jwks_uri: url } = await this.discovery();
    if (this.#keys?.url === url) return this.#keys.set;
    const set = createRemoteJWKSet(new URL(url), {
      // Bounded in time and size, and without redirects.
      [customFetch]: async (address: string) => {
        const { ok, body } = await this.options.http.ask(address);
        return new Response(JSON.stringify(body), { status: ok ? 200 : 502 });
      },
    });
    this.#keys = { url, set };
    return set;
  }

  async #discover(): Promise<Discovery> {
    const { name, configurationUrl, issuers, http } = this.options;
    const { ok, body } = await http.ask(configurationUrl);
    const { success, data } = Discovery().safeParse(body);
    if (!ok || !success) {
      throw new AppError("unavailable", `Cannot reach ${name}: reading its configuration failed`);
    }
    const fault = issuers.includes(data.issuer)
      ? plainEndpointOf(configurationUrl, data)
      : `it is of the issuer ${quote(data.issuer)}`;
    if (fault === null) return data;
    throw new AppError("unavailable", `Cannot use ${name}'s configuration: ${fault}`);
  }
}

/** Secrets and keys of an issuer with https never go over plain HTTP. */
function plainEndpointOf(configurationUrl: string, data: Discovery): string | null {
  if (!configurationUrl.startsWith("https:")) return null;
  const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri } = data;
  const endpoints = [authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri];
  const plain = endpoints.find((url) => url !== undefined && !url.startsWith("https:"));
  return plain === undefined ? null : `${quote(plain)} is not an https URL`;
}

/** OpenID Connect Core, section 3.1.3.6: half of the hash that belongs to the token's algorithm. */
function isHashOf(expected: unknown, accessToken: string, algorithm: string): boolean {
  const bits = /^Ed/.test(algorithm) ? "512" : algorithm.slice(-3);
  const hash = createHash(`sha${bits}`).update(accessToken).digest();
  return hash.subarray(0, hash.length / 2).toString("base64url") === expected;
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
