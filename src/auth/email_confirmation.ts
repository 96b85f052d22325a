import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { type AccountLinks, overOrUsed } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import { firstProof } from "./first_proof.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";

export interface EmailConfirmationOptions {
  store: Pick<Store, "users">;
  tokens: OneTimeTokens;
  links: AccountLinks;
  accounts: Accounts;
  changes: AccountChanges;
  mail: AccountMail;
}

/** Proof sent with the link: a session, the account's password, or a new password. */
export interface Confirmation {
  token: string;
  password?: string;
  newPassword?: string;
}

/** Confirms that the address of an account is its owner's. */
export class EmailConfirmation {
  constructor(private readonly options: EmailConfirmationOptions) {}

  /** Sends the link again; an address that is confirmed needs none. */
  async askAgain({ userId }: Caller): Promise<void> {
    const { store, mail } = this.options;
    const user = await store.users.byId(userId);
    if (!user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "The account is no longer there");
    }
    if (user.emailVerifiedAt === null) mail.verification(user);
  }

  /**
   * Confirms the address for the owner of the account; with a new password the account becomes that of
   * the owner of the mailbox (see first_proof.ts).
   */
  async confirm(
    visitor: Visitor | Caller,
    { token, password, newPassword }: Confirmation,
  ): Promise<void> {
    if (newPassword !== undefined) return await this.#takeOver(visitor, token, newPassword);
    const { links, tokens, changes } = this.options;
    const action = "Confirming the address";
    const followed = await links.follow("verify_email", token);
    const user = await links.requireOwner(visitor, followed.user, { password, action });
    const taken = await tokens.consume("verify_email", token);
    const confirmed = taken && await changes.outside(visitor, user.id, (account, now) => {
      if (account.user.emailKey !== taken.data.emailKey) throw overOrUsed();
      // A reset, or another's first proof, between the check and now: what was checked is out.
      if (account.user.passwordHash !== user.passwordHash) throw overOrUsed();
      return { user: { emailVerifiedAt: now }, note: { action: "email.verified" } };
    });
    if (!confirmed) throw overOrUsed();
  }

  async #takeOver(visitor: Visitor, token: string, password: string): Promise<void> {
    const { links, tokens, accounts, changes, mail } = this.options;
    const { user } = await links.follow("verify_email", token);
    const passwordHash = await accounts.hash(password, { visitor, user, field: "newPassword" });
    const taken = await tokens.consume("verify_email", token);
    const changed = taken && await changes.outside(visitor, user.id, (account, now) => {
      const { emailKey, emailVerifiedAt } = account.user;
      if (emailKey !== taken.data.emailKey || emailVerifiedAt !== null) throw overOrUsed();
      return { ...firstProof(account, now, passwordHash), note: { action: "email.verified" } };
    });
    if (!changed) throw overOrUsed();
    mail.notice("password_changed", changed.user, visitor);
  }
}
