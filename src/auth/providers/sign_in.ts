import type { Clock } from "../../core/clock.ts";
import { AppError, fieldError, quote } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { fittingName, isVisible } from "../../core/visible_text.ts";
import type { Caller, Visitor } from "../../model/caller.ts";
import type { Identity, ProviderName } from "../../model/identity.ts";
import type { User } from "../../model/user.ts";
import { DuplicateKey, type Store } from "../../store/store.ts";
import { checkMailAddress, headerText, isDeliverable } from "../../core/mail_address.ts";
import type { AccountChanges, Changed } from "../account_changes.ts";
import { emailKeyOf } from "../account_keys.ts";
import type { AccountMail } from "../account_mail.ts";
import type { Accounts } from "../accounts.ts";
import type { ProviderIdentity } from "./identity_provider.ts";
import { assertFresh, type ProviderProof, type ProviderProofs } from "./proofs.ts";
import type { StepUp } from "../step_up.ts";
import type { SignIn, SignInResult } from "../sign_in.ts";
import { usernamesFor } from "../username_proposal.ts";

export interface ProviderSignInOptions {
  store: Pick<Store, "users" | "identities">;
  accounts: Accounts;
  signIn: SignIn;
  proofs: ProviderProofs;
  proof: StepUp;
  changes: AccountChanges;
  mail: AccountMail;
  clock: Clock;
}

export type ProviderRequest = ProviderProof & {
  deviceName?: string;
  username?: string;
  email?: string;
  /** For a new account, if the provider gives no name. */
  displayName?: string;
};

const PROOF_AGE_MS = 5 * 60_000;
const MAX_NAME_LENGTH = 100;

/**
 * Signs users up and in through a provider, and links the provider to an existing account.
 *
 * An account is found by the provider's subject id and by nothing else. An account that merely has
 * the same e-mail address is never signed in to, whether or not that address is confirmed: its
 * owner signs in and links the provider. So neither a provider that confirms addresses carelessly,
 * nor an attacker who opened an account with another person's address in advance, gains anything.
 */
export class ProviderSignIn {
  constructor(private readonly options: ProviderSignInOptions) {}

  async signIn(
    visitor: Visitor,
    provider: ProviderName,
    request: ProviderRequest,
  ): Promise<SignInResult> {
    const { proofs, signIn } = this.options;
    const identity = await proofs.identityOf(visitor, provider, request);
    const user = await this.#linkedTo(identity) ??
      await this.#signUpOnce(visitor, identity, request);
    return await signIn.proceed(user, visitor, {
      method: provider,
      deviceName: request.deviceName,
    });
  }

  async link(caller: Caller, provider: ProviderName, request: ProviderProof): Promise<void> {
    const { proof, proofs, store, mail } = this.options;
    proof.require(caller, "Cannot link the provider");
    const identity = await proofs.identityOf(caller, provider, request);
    const linked = await store.identities.find(provider, identity.subject);
    if (linked?.userId === caller.userId) return;
    const { user } = await this.#add(caller, identity);
    mail.notice("provider_linked", user, caller);
  }

  /** Never removes the last way to sign in. */
  async unlink(caller: Caller, provider: ProviderName): Promise<void> {
    const { proof, changes, mail } = this.options;
    proof.require(caller, "Cannot unlink the provider");
    const { user } = await changes.own(caller, ({ user, identities }) => {
      if (!identities.some((identity) => identity.provider === provider)) {
        throw new AppError("not_found", `${provider} is not linked`);
      }
      if (identities.length === 1 && user.passwordHash === null) {
        const message =
          `Cannot unlink ${provider}: it is the only way to sign in; set a password first`;
        throw new AppError("conflict", message);
      }
      return {
        unlink: [provider],
        note: { action: "provider.unlinked", details: { provider } },
      };
    });
    mail.notice("provider_unlinked", user, caller);
  }

  list(caller: Caller): Promise<Identity[]> {
    return this.options.store.identities.ofUser(caller.userId);
  }

  /** Throws unless the proof is fresh and its identity is linked to the caller. */
  async prove(caller: Caller, provider: ProviderName, request: ProviderProof): Promise<void> {
    const { proofs, store, clock } = this.options;
    const identity = await proofs.identityOf(caller, provider, request);
    assertFresh(identity, clock.now(), PROOF_AGE_MS);
    const linked = await store.identities.find(provider, identity.subject);
    if (linked?.userId === caller.userId) return;
    throw new AppError(
      "unauthenticated",
      `Cannot prove identity: this is another ${provider} account`,
    );
  }

  async #linkedTo({ provider, subject }: ProviderIdentity): Promise<User | null> {
    const { store } = this.options;
    const linked = await store.identities.find(provider, subject);
    const user = linked && await store.users.byId(linked.userId);
    return user && user.deletedAt === null ? user : null;
  }

  /** Of two concurrent sign-ups one creates the account, and the other one signs in to it. */
  async #signUpOnce(
    visitor: Visitor,
    identity: ProviderIdentity,
    request: ProviderRequest,
  ): Promise<User> {
    try {
      return await this.#signUp(visitor, identity, request);
    } catch (error) {
      const conflict = error instanceof AppError && error.code === "conflict";
      const created = conflict ? await this.#linkedTo(identity) : null;
      if (created) return created;
      throw error;
    }
  }

  async #signUp(
    visitor: Visitor,
    identity: ProviderIdentity,
    request: ProviderRequest,
  ): Promise<User> {
    const email = identity.email ?? request.email;
    if (email === undefined) {
      const message =
        `Cannot sign up: ${identity.provider} gave no e-mail address; send one in "email"`;
      throw fieldError("invalid_request", "email", message);
    }
    checkMailAddress(email);
    if (!isDeliverable(email)) {
      throw fieldError(
        "invalid_request",
        "email",
        `Cannot sign up: no mail reaches ${quote(email)}`,
      );
    }
    const { store, mail } = this.options;
    if (await store.users.byEmailKey(emailKeyOf(email))) throw sameAddress(identity);
    const named = { ...identity, name: nameOf(identity) || (request.displayName ?? null) };
    const user = await this.#create(visitor, email, named, request.username);
    if (user.emailVerifiedAt === null) mail.verification(user);
    return user;
  }

  /** Creates the account under the requested name, or else under the first free proposed one. */
  async #create(
    visitor: Visitor,
    email: string,
    identity: ProviderIdentity,
    requested?: string,
  ): Promise<User> {
    const { accounts, clock } = this.options;
    const names = requested === undefined ? usernamesFor(identity.name, email) : [requested];
    const emailVerifiedAt = identity.email !== null && identity.emailVerified ? clock.now() : null;
    for (const [i, username] of names.entries()) {
      const displayName = nameOf(identity) || username;
      const fields = { username, email, displayName, passwordHash: null, emailVerifiedAt };
      try {
        return await accounts.create(visitor, fields, { by: this.#linkOf(identity) });
      } catch (error) {
        const conflict = error instanceof AppError ? error.errors?.[0].path : undefined;
        if (conflict === "email") throw sameAddress(identity);
        if (conflict !== "username" || i === names.length - 1) throw error;
      }
    }
    throw new Error("No username was proposed");
  }

  #linkOf({ provider, subject, email }: ProviderIdentity): Omit<Identity, "userId"> {
    return { id: newId(), provider, subject, email, linkedAt: this.options.clock.now() };
  }

  async #add(caller: Caller, identity: ProviderIdentity): Promise<Changed> {
    const { provider } = identity;
    const link = { ...this.#linkOf(identity), userId: caller.userId };
    const note = { action: "provider.linked" as const, details: { provider } };
    try {
      return await this.options.changes.own(caller, () => ({ link, note }));
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const message = error.key === "identity"
        ? `Cannot link ${provider}: this ${provider} account is linked to another account`
        : `Cannot link ${provider}: another ${provider} account is linked; unlink that one first`;
      throw new AppError("conflict", message);
    }
  }
}

/**
 * One line of at most 100 characters, the limit for names that users choose; providers have no such
 * limit.
 */
function nameOf({ name }: ProviderIdentity): string {
  const shown = fittingName(headerText(name ?? ""));
  return isVisible(shown) ? [...shown].slice(0, MAX_NAME_LENGTH).join("").trim() : "";
}

function sameAddress({ provider }: ProviderIdentity): AppError {
  return fieldError(
    "conflict",
    "email",
    `Cannot sign up with ${provider}: an account with this e-mail address exists. Sign in to it ` +
      `(a forgotten password can be reset) and link ${provider} there`,
  );
}
