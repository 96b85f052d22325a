import { createHash } from "node:crypto";
import { AppError, fieldError, notFound } from "../../core/errors.ts";
import type { Caller, Visitor } from "../../model/caller.ts";
import type { ProviderName } from "../../model/identity.ts";
import type { IdentityProvider, ProviderIdentity } from "./identity_provider.ts";
import type { OneTimeTokens } from "../one_time_tokens.ts";
import { randomToken } from "../random_token.ts";

/** What a client brings from a provider; see `ProviderProof` in provider_operations.ts. */
export interface ProviderProof {
  idToken?: string;
  code?: string;
  codeVerifier?: string;
  redirectUri?: string;
  nonce?: string;
  state?: string;
}

/** What the server keeps between the start and the end of a sign-in at a provider. */
interface Begun {
  redirectUri: string;
  codeVerifier: string;
  nonce: string;
}

/** Starts sign-ins at providers, and finds out whom a proof is of. */
export class ProviderProofs {
  readonly #providers: Map<ProviderName, IdentityProvider>;

  constructor(providers: IdentityProvider[], private readonly tokens: OneTimeTokens) {
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
  }

  /**
   * For clients that leave state, nonce and PKCE to the server. The state works once; started by
   * someone who is signed in, it works for them alone.
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
    const begun = proof.state === undefined ? null : await this.#redeem(visitor, name, proof);
    const nonce = begun?.nonce ?? proof.nonce ?? null;
    if (proof.idToken !== undefined) return await provider.fromIdToken(proof.idToken, nonce);
    return await provider.fromCode({
      code: proof.code!,
      codeVerifier: begun?.codeVerifier ?? proof.codeVerifier!,
      redirectUri: begun?.redirectUri ?? proof.redirectUri!,
      nonce,
    });
  }

  async #redeem(
    visitor: Visitor | Caller,
    name: ProviderName,
    { state, redirectUri }: ProviderProof,
  ): Promise<Begun> {
    const taken = await this.tokens.consume("oauth_state", state!);
    const fits = taken && taken.data.provider === name &&
      (taken.userId === null || taken.userId === userIdOf(visitor)) &&
      (redirectUri === undefined || redirectUri === taken.data.redirectUri);
    if (fits) return taken.data as unknown as Begun;
    const about = "Signing in: the state was used before, has expired or is not of this sign-in";
    throw fieldError("unauthenticated", "state", about);
  }

  #provider(name: ProviderName): IdentityProvider {
    const provider = this.#providers.get(name);
    if (!provider) throw notFound("provider that this server is configured for:", name);
    return provider;
  }
}

/** A proof of identity must be of now: an ID token that was kept for an hour proves little. */
export function assertFresh({ issuedAt }: ProviderIdentity, now: number, windowMs: number): void {
  if (now - issuedAt <= windowMs) return;
  throw new AppError("unauthenticated", "Proving identity: the provider's token is too old");
}

function userIdOf(visitor: Visitor | Caller): string | null {
  return "userId" in visitor ? visitor.userId : null;
}
