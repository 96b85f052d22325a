import { AppError, fieldError, quote } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { suspensionAt } from "../model/user.ts";
import { checkMailAddress } from "../core/mail_address.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges, Decide } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import { type AccountLinks, linkExpired } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { HeldKeys } from "./held_keys.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { StepUp } from "./step_up.ts";

export interface EmailChangesOptions {
  store: Pick<Store, "users">;
  tokens: OneTimeTokens;
  links: AccountLinks;
  proof: StepUp;
  audit: AuditTrail;
  changes: AccountChanges;
  held: HeldKeys;
  mail: AccountMail;
}

const ACTION = "Cannot change the e-mail address";

/**
 * Changes the address of an account. The old address stays until the account's owner confirms the
 * new one.
 */
export class EmailChanges {
  constructor(private readonly options: EmailChangesOptions) {}

  /** Sends no link if the new address already has an account; the response does not reveal that. */
  async request(caller: Caller, email: string): Promise<void> {
    const { proof, store, audit, mail, held } = this.options;
    proof.require(caller, ACTION);
    checkMailAddress(email);
    const key = emailKeyOf(email);
    const user = await store.users.byId(caller.userId);
    if (!user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "The account no longer exists");
    }
    if (key === user.emailKey) {
      throw fieldError("conflict", "email", `${ACTION}: the account already has this address`);
    }
    await audit.own(user.id, caller, { action: "email.change_requested", details: { to: email } });
    mail.inBackground("Requesting an address change", async () => {
      const isFree = !await store.users.byEmailKey(key) && !await held.isHeld(key, user.id);
      if (isFree) mail.emailChange(user, email, caller);
    });
  }

  /**
   * The new mailbox may belong to a stranger, so its link alone changes nothing. The request
   * expires with the session that made it: a link requested by an attacker is dead once the owner
   * has locked them out. The old address, if it was confirmed, gets a link that undoes the change.
   */
  async confirm(
    visitor: Visitor | Caller,
    { token, password }: { token: string; password?: string },
  ): Promise<void> {
    const { links, tokens, mail, held } = this.options;
    const { user } = await links.follow("change_email", token);
    await links.requireOwner(visitor, user, { password, action: ACTION });
    const consumed = await tokens.consume("change_email", token);
    if (!consumed) throw linkExpired();
    const { email, sessionId } = consumed.data;
    const canUndo = user.emailVerifiedAt !== null && await held.hold(user.id, user.emailKey);
    try {
      await this.#exchange(visitor, user.id, email, exchanged(email, sessionId));
    } catch (error) {
      if (canUndo) await held.release(user.id);
      throw error;
    }
    mail.emailChanged(user, visitor, canUndo);
  }

  async #exchange(
    visitor: Visitor,
    userId: string,
    email: string,
    decide: Decide,
  ): Promise<void> {
    const { changes, held } = this.options;
    const refuse = () => {
      throw fieldError("conflict", "email", `${ACTION}: ${quote(email)} was taken meanwhile`);
    };
    if (await held.isHeld(emailKeyOf(email), userId)) refuse();
    try {
      if (!await changes.outside(visitor, userId, decide)) throw linkExpired();
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      refuse();
    }
  }
}

function exchanged(email: string, sessionId: string | undefined): Decide {
  return ({ user, sessions }, now) => {
    const asked = sessions.some(({ id }) => id === sessionId);
    if (!asked || suspensionAt(user, now)) throw linkExpired();
    return {
      user: { email, emailKey: emailKeyOf(email), emailVerifiedAt: now },
      deleteTokens: ["verify_email", "reset_password", "change_email"],
      note: { action: "email.changed", details: { from: user.email, to: email } },
    };
  };
}
