import type { Clock } from "../../core/clock.ts";
import { AppError, fieldError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { isVisible, withoutDirection } from "../../core/visible_text.ts";
import type { Caller, Visitor } from "../../model/caller.ts";
import type { Identity, ProviderName } from "../../model/identity.ts";
import type { User } from "../../model/user.ts";
import { DuplicateKey, type Store } from "../../store/store.ts";
import { checkMailAddress, headerText } from "../../core/mail_address.ts";
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
};

const PROOF_AGE_MS = 5 * 60_000;
const MAX_NAME_LENGTH = 100;

/**
 * Signing up and in through a provider, and linking it to an account that is there.
 *
 * An account is found by the provider's own name for the person and by nothing else. An account that
 * merely has the same e-mail address is never signed in to, whoever confirmed it: its owner signs in
 * and links the provider. So neither a provider that confirms addresses carelessly, nor someone
 * who opened an account with another's address in advance, gains anything.
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
    proof.require(caller, "Linking a provider");
    const identity = await proofs.identityOf(caller, provider, request);
    const linked = await store.identities.find(provider, identity.subject);
    if (linked?.userId === caller.userId) return;
    const { user } = await this.#add(caller, identity);
    mail.notice("provider_linked", user, caller);
  }

  /** Never the last way to sign in. */
  async unlink(caller: Caller, provider: ProviderName): Promise<void> {
    const { proof, changes, mail } = this.options;
    proof.require(caller, "Unlinking a provider");
    const { user } = await changes.own(caller, ({ user, identities }) => {
      if (!identities.some((identity) => identity.provider === provider)) {
        throw new AppError("not_found", `${provider} is not linked`);
      }
      if (identities.length === 1 && user.passwordHash === null) {
        const about = `Unlinking ${provider}: it is the only way to sign in; set a password first`;
        throw new AppError("conflict", about);
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

  /** Throws unless the proof is fresh, and of an identity that is linked to the caller. */
  async prove(caller: Caller, provider: ProviderName, request: ProviderProof): Promise<void> {
    const { proofs, store, clock } = this.options;
    const identity = await proofs.identityOf(caller, provider, request);
    assertFresh(identity, clock.now(), PROOF_AGE_MS);
    const linked = await store.identities.find(provider, identity.subject);
    if (linked?.userId === caller.userId) return;
    throw new AppError("unauthenticated", `Proving identity: this is another ${provider} account`);
  }

  async #linkedTo({ provider, subject }: ProviderIdentity): Promise<User | null> {
    const { store } = this.options;
    const linked = await store.identities.find(provider, subject);
    const user = linked && await store.users.byId(linked.userId);
    return user && user.deletedAt === null ? user : null;
  }

  /** Of two that come at the same moment one makes the account: it is the other's too. */
  async #signUpOnce(
    visitor: Visitor,
    identity: ProviderIdentity,
    request: ProviderRequest,
  ): Promise<User> {
    try {
      return await this.#signUp(visitor, identity, request);
    } catch (error) {
      const conflict = error instanceof AppError && error.code === "conflict";
      const made = conflict ? await this.#linkedTo(identity) : null;
      if (made) return made;
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
      const about = `Signing up: ${identity.provider} gave no e-mail address; say one in "email"`;
      throw fieldError("invalid_request", "email", about);
    }
    checkMailAddress(email);
    const { store, mail } = this.options;
    if (await store.users.byEmailKey(emailKeyOf(email))) throw sameAddress(identity);
    const user = await this.#create(visitor, email, identity, request.username);
    if (user.emailVerifiedAt === null) mail.verification(user);
    return user;
  }

  /** Under the name that was asked for, or else the first free one that resembles theirs. */
  async #create(
    visitor: Visitor,
    email: string,
    identity: ProviderIdentity,
    wanted?: string,
  ): Promise<User> {
    const { accounts, clock } = this.options;
    const names = wanted === undefined ? usernamesFor(identity.name, email) : [wanted];
    const emailVerifiedAt = identity.email !== null && identity.emailVerified ? clock.now() : null;
    for (const [i, username] of names.entries()) {
      const displayName = nameOf(identity) || username;
      const fields = { username, email, displayName, passwordHash: null, emailVerifiedAt };
      try {
        return await accounts.create(visitor, fields, this.#linkOf(identity));
      } catch (error) {
        const taken = error instanceof AppError ? error.errors?.[0].path : undefined;
        if (taken === "email") throw sameAddress(identity);
        if (taken !== "username" || i === names.length - 1) throw error;
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
      const about = error.key === "identity"
        ? `Linking ${provider}: this ${provider} account is linked to another account`
        : `Linking ${provider}: another ${provider} account is linked; unlink that one first`;
      throw new AppError("conflict", about);
    }
  }
}

/** One line of a hundred characters, as people may choose themselves; a provider allows what it likes. */
function nameOf({ name }: ProviderIdentity): string {
  const shown = withoutDirection(headerText(name ?? ""));
  return isVisible(shown) ? [...shown].slice(0, MAX_NAME_LENGTH).join("").trim() : "";
}

function sameAddress({ provider }: ProviderIdentity): AppError {
  return fieldError(
    "conflict",
    "email",
    `Signing up with ${provider}: an account with this e-mail address exists. Sign in to it ` +
      `(a forgotten password can be reset) and link ${provider} there`,
  );
}
