import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { type AccountLinks, linkExpired } from "./account_links.ts";
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

/** Confirms that an account's address belongs to its owner. */
export class EmailConfirmation {
  constructor(private readonly options: EmailConfirmationOptions) {}

  /** Sends the link again, unless the address is already confirmed. */
  async askAgain({ userId }: Caller): Promise<void> {
    const { store, mail } = this.options;
    const user = await store.users.byId(userId);
    if (!user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "The account no longer exists");
    }
    if (user.emailVerifiedAt === null) mail.verification(user);
  }

  /**
   * Confirms the address for the account's owner; with a new password, the account passes to the
   * owner of the mailbox (see first_proof.ts).
   */
  async confirm(
    visitor: Visitor | Caller,
    { token, password, newPassword }: Confirmation,
  ): Promise<void> {
    if (newPassword !== undefined) return await this.#takeOver(visitor, token, newPassword);
    const { links, tokens, changes } = this.options;
    const action = "Cannot confirm the address";
    const followed = await links.follow("verify_email", token);
    const user = await links.requireOwner(visitor, followed.user, { password, action });
    const consumed = await tokens.consume("verify_email", token);
    const confirmed = consumed && await changes.outside(visitor, user.id, (account, now) => {
      if (account.user.emailKey !== consumed.data.emailKey) throw linkExpired();
      // A reset or another first proof happened since the check, which is therefore outdated.
      if (account.user.passwordHash !== user.passwordHash) throw linkExpired();
      return { user: { emailVerifiedAt: now }, note: { action: "email.verified" } };
    });
    if (!confirmed) throw linkExpired();
  }

  async #takeOver(visitor: Visitor, token: string, password: string): Promise<void> {
    const { links, tokens, accounts, changes, mail } = this.options;
    const { user } = await links.follow("verify_email", token);
    const passwordHash = await accounts.hash(password, { visitor, user, field: "newPassword" });
    const consumed = await tokens.consume("verify_email", token);
    const changed = consumed && await changes.outside(visitor, user.id, (account, now) => {
      const { emailKey, emailVerifiedAt } = account.user;
      if (emailKey !== consumed.data.emailKey || emailVerifiedAt !== null) throw linkExpired();
      return { ...firstProof(account, now, passwordHash), note: { action: "email.verified" } };
    });
    if (!changed) throw linkExpired();
    mail.notice("password_changed", changed.user, visitor);
  }
}
