import type { ProviderName } from "../../model/identity.ts";

/** The person that a provider vouches for. */
export interface ProviderIdentity {
  provider: ProviderName;
  /** Never changes and is never given to another person, unlike an e-mail address. */
  subject: string;
  email: string | null;
  /** True if the provider states that it confirmed the person's address. */
  emailVerified: boolean;
  name: string | null;
  /** Epoch milliseconds; time at which the provider last vouched for the person. */
  issuedAt: number;
}

export interface AuthorizationRequest {
  redirectUri: string;
  state: string;
  nonce: string;
  /** Code challenge of PKCE (RFC 7636), method S256. */
  codeChallenge: string;
}

export interface CodeExchange {
  code: string;
  codeVerifier: string;
  redirectUri: string;
  /** Nonce that the ID token must contain; null if the client made none. */
  nonce: string | null;
  /** Issuer that the authorization response named (RFC 9207); null if it named none. */
  issuer: string | null;
}

/**
 * Port to an identity provider. Throws `unauthenticated` for an invalid token or code, and
 * `unavailable` if the provider cannot be reached.
 */
export interface IdentityProvider {
  readonly name: ProviderName;
  /** Name that people read. */
  readonly title: string;
  authorizationUrl(request: AuthorizationRequest): Promise<string>;
  /** If `nonce` is given, the token must contain it. */
  fromIdToken(idToken: string, nonce: string | null): Promise<ProviderIdentity>;
  fromCode(exchange: CodeExchange): Promise<ProviderIdentity>;
  /** Aborts requests in flight: they fail with `unavailable`. */
  close(): void;
}
