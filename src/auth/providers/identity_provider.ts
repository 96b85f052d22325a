import type { ProviderName } from "../../model/identity.ts";

/** Whom a provider vouches for. */
export interface ProviderIdentity {
  provider: ProviderName;
  /** Unchanging and never given to anyone else, unlike an e-mail address. */
  subject: string;
  email: string | null;
  /** Whether the provider says that it made sure that the address is the person's. */
  emailVerified: boolean;
  name: string | null;
  /** Epoch milliseconds; when the provider last vouched for them. */
  issuedAt: number;
}

export interface AuthorizationRequest {
  redirectUri: string;
  state: string;
  nonce: string;
  /** Of PKCE (RFC 7636), method S256. */
  codeChallenge: string;
}

export interface CodeExchange {
  code: string;
  codeVerifier: string;
  redirectUri: string;
  /** What the ID token must carry; null where the client made none. */
  nonce: string | null;
}

/**
 * The port to a provider of identities. Throws `unauthenticated` for a token or code that is not good,
 * and `unavailable` when the provider cannot be asked.
 */
export interface IdentityProvider {
  readonly name: ProviderName;
  authorizationUrl(request: AuthorizationRequest): Promise<string>;
  /** With `nonce`, the token must carry it. */
  fromIdToken(idToken: string, nonce: string | null): Promise<ProviderIdentity>;
  fromCode(exchange: CodeExchange): Promise<ProviderIdentity>;
  /** Ends requests that are under way: they fail with `unavailable`. */
  close(): void;
}
