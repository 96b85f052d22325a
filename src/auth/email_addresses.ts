import { AppError, fieldError, quote } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import { checkMailAddress } from "../mail/mail_address.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges, Changed } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import type { AccountMail } from "./account_mail.ts";
import type { AuditTrail } from "./audit_trail.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import { overOrUsed } from "./passwords.ts";
import type { RecentProof } from "./recent_proof.ts";

export interface EmailAddressesOptions {
  store: Pick<Store, "users">;
  tokens: OneTimeTokens;
  proof: RecentProof;
  audit: AuditTrail;
  changes: AccountChanges;
  mail: AccountMail;
}

/** Confirms that an address is its person's, and changes it. */
export class EmailAddresses {
  constructor(private readonly options: EmailAddressesOptions) {}

  /** Sends the link again; an address that is confirmed needs none. */
  async askAgain({ userId }: Caller): Promise<void> {
    const user = await this.#user(userId);
    if (user.emailVerifiedAt === null) this.options.mail.verification(user);
  }

  /** A link of an address that was changed meanwhile confirms nothing. */
  async verify(visitor: Visitor, token: string): Promise<void> {
    const { tokens, changes } = this.options;
    const taken = await tokens.take("verify_email", token);
    const confirmed = taken?.userId &&
      await changes.outside(visitor, taken.userId, (account, now) => {
        if (account.user.emailKey !== taken.data.emailKey) throw overOrUsed();
        return { user: { emailVerifiedAt: now }, note: { action: "email.verified" } };
      });
    if (!confirmed) throw overOrUsed();
  }

  /**
   * The address stays until the new one has been confirmed. Whether the new one has an account is not
   * told: then no link is sent.
   */
  async requestChange(caller: Caller, email: string): Promise<void> {
    const { proof, store, audit, mail } = this.options;
    proof.require(caller, "Changing the e-mail address");
    checkMailAddress(email);
    const user = await this.#user(caller.userId);
    if (emailKeyOf(email) === user.emailKey) {
      throw fieldError("conflict", "email", "Changing the e-mail address: it is this one already");
    }
    await audit.own(user.id, caller, { action: "email.change_requested", details: { to: email } });
    mail.inBackground("Asking to change an address", async () => {
      const holder = await store.users.byEmailKey(emailKeyOf(email));
      if (!holder) mail.emailChange(user, email, caller);
    });
  }

  /** Links to the old address no longer work. */
  async confirmChange(visitor: Visitor, token: string): Promise<void> {
    const { tokens, store, mail } = this.options;
    const taken = await tokens.take("change_email", token);
    const before = taken?.userId ? await store.users.byId(taken.userId) : null;
    if (!taken || !before) throw overOrUsed();
    if (!await this.#exchange(visitor, before.id, taken.data.email)) throw overOrUsed();
    mail.emailChangeNotice(before, "done", visitor);
  }

  async #exchange(visitor: Visitor, userId: string, email: string): Promise<Changed | null> {
    try {
      return await this.options.changes.outside(visitor, userId, ({ user }, now) => ({
        user: { email, emailKey: emailKeyOf(email), emailVerifiedAt: now },
        dropTokens: ["verify_email", "reset_password"],
        note: { action: "email.changed", details: { from: user.email, to: email } },
      }));
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const about = `Changing the e-mail address: ${quote(email)} is taken meanwhile`;
      throw fieldError("conflict", "email", about);
    }
  }

  async #user(userId: string): Promise<User> {
    const user = await this.options.store.users.byId(userId);
    if (user && user.deletedAt === null) return user;
    throw new AppError("unauthenticated", "The account is no longer there");
  }
}
