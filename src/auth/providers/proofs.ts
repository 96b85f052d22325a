import { createHash } from "node:crypto";
import { AppError, fieldError, notFound } from "../../core/errors.ts";
import type { Caller, Visitor } from "../../model/caller.ts";
import type { ProviderName } from "../../model/identity.ts";
import type { IdentityProvider, ProviderIdentity } from "./identity_provider.ts";
import type { OneTimeTokens } from "../one_time_tokens.ts";
import { randomToken } from "../random_token.ts";

/**
 * The proof that a client obtained from a provider; see `ProviderProof` in
 * api/operations/providers.ts.
 */
export interface ProviderProof {
  idToken?: string;
  code?: string;
  codeVerifier?: string;
  redirectUri?: string;
  nonce?: string;
  state?: string;
  /** Issuer that the authorization response named (RFC 9207). */
  iss?: string;
}

/** Kept on the server between the start and the end of a sign-in through a provider. */
interface PendingSignIn {
  redirectUri: string;
  codeVerifier: string;
  nonce: string;
}

/** Starts sign-ins at providers, and identifies the person behind a proof. */
export class ProviderProofs {
  readonly #providers: Map<ProviderName, IdentityProvider>;

  constructor(providers: IdentityProvider[], private readonly tokens: OneTimeTokens) {
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
  }

  /** Providers that people can sign in with, in the order of the configuration. */
  offered(): { provider: ProviderName; name: string }[] {
    return [...this.#providers.values()].map(({ name, title }) => ({
      provider: name,
      name: title,
    }));
  }

  /**
   * For clients that leave state, nonce and PKCE to the server. The state works once, and for who
   * started: for one signed-in user, or for a visitor. So a client that does not compare the state
   * cannot be made to link a stranger's account to its user's.
   */
  async start(
    visitor: Visitor | Caller,
    name: ProviderName,
    redirectUri: string,
  ): Promise<{ url: string; state: string }> {
    const provider = this.#provider(name);
    const [codeVerifier, nonce] = [randomToken(), randomToken()];
    const userId = userIdOf(visitor);
    const data = { provider: name, redirectUri, codeVerifier, nonce };
    const state = await this.tokens.issue("oauth_state", userId, data);
    const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
    const url = await provider.authorizationUrl({ redirectUri, state, nonce, codeChallenge });
    return { url, state };
  }

  async identityOf(
    visitor: Visitor | Caller,
    name: ProviderName,
    proof: ProviderProof,
  ): Promise<ProviderIdentity> {
    const provider = this.#provider(name);
    const pending = proof.state === undefined ? null : await this.#redeem(visitor, name, proof);
    const nonce = pending?.nonce ?? proof.nonce ?? null;
    if (proof.idToken !== undefined) return await provider.fromIdToken(proof.idToken, nonce);
    return await provider.fromCode({
      code: proof.code!,
      codeVerifier: pending?.codeVerifier ?? proof.codeVerifier!,
      redirectUri: pending?.redirectUri ?? proof.redirectUri!,
      nonce,
      issuer: proof.iss ?? null,
    });
  }

  async #redeem(
    visitor: Visitor | Caller,
    name: ProviderName,
    { state, redirectUri }: ProviderProof,
  ): Promise<PendingSignIn> {
    const consumed = await this.tokens.consume("oauth_state", state!);
    const fits = consumed && consumed.data.provider === name &&
      consumed.userId === userIdOf(visitor) &&
      (redirectUri === undefined || redirectUri === consumed.data.redirectUri);
    if (fits) return consumed.data as unknown as PendingSignIn;
    const message =
      "Cannot sign in: the state was used before, has expired or is of another sign-in";
    throw fieldError("unauthenticated", "state", message);
  }

  #provider(name: ProviderName): IdentityProvider {
    const provider = this.#providers.get(name);
    if (!provider) throw notFound("provider that this server is configured for:", name);
    return provider;
  }
}

/** A proof of identity must be recent: an ID token that was kept for an hour proves little. */
export function assertFresh({ issuedAt }: ProviderIdentity, now: number, windowMs: number): void {
  if (now - issuedAt <= windowMs) return;
  throw new AppError("unauthenticated", "Cannot prove identity: the provider's token is too old");
}

function userIdOf(visitor: Visitor | Caller): string | null {
  return "userId" in visitor ? visitor.userId : null;
}
