import { AppError, fieldError, quote } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { suspensionAt } from "../model/user.ts";
import { checkMailAddress } from "../core/mail_address.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges, Decide } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import { type AccountLinks, overOrUsed } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { HeldAddresses } from "./held_addresses.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { StepUp } from "./step_up.ts";

export interface EmailChangesOptions {
  store: Pick<Store, "users">;
  tokens: OneTimeTokens;
  links: AccountLinks;
  proof: StepUp;
  audit: AuditTrail;
  changes: AccountChanges;
  held: HeldAddresses;
  mail: AccountMail;
}

const ACTION = "Changing the e-mail address";

/** Changes the address of an account. It stays until the owner of the account confirms the new one. */
export class EmailChanges {
  constructor(private readonly options: EmailChangesOptions) {}

  /** Whether the new address has an account is not told: then no link is sent. */
  async request(caller: Caller, email: string): Promise<void> {
    const { proof, store, audit, mail, held } = this.options;
    proof.require(caller, ACTION);
    checkMailAddress(email);
    const key = emailKeyOf(email);
    const user = await store.users.byId(caller.userId);
    if (!user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "The account is no longer there");
    }
    if (key === user.emailKey) {
      throw fieldError("conflict", "email", `${ACTION}: it is this one already`);
    }
    await audit.own(user.id, caller, { action: "email.change_requested", details: { to: email } });
    mail.inBackground("Asking to change an address", async () => {
      const isFree = !await store.users.byEmailKey(key) && !await held.isHeld(key, user.id);
      if (isFree) mail.emailChange(user, email, caller);
    });
  }

  /**
   * The new mailbox may be a stranger's, so its link alone changes nothing. The change ends with the
   * session that asked for it: a link that a thief asked for is dead once the owner has shut them out.
   * The old address, if it was confirmed, gets a link that undoes it.
   */
  async confirm(
    visitor: Visitor | Caller,
    { token, password }: { token: string; password?: string },
  ): Promise<void> {
    const { links, tokens, mail, held } = this.options;
    const { user } = await links.follow("change_email", token);
    await links.requireOwner(visitor, user, { password, action: ACTION });
    const taken = await tokens.consume("change_email", token);
    if (!taken) throw overOrUsed();
    const { email, sessionId } = taken.data;
    const canUndo = user.emailVerifiedAt !== null && await held.hold(user);
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
    const taken = () => {
      throw fieldError("conflict", "email", `${ACTION}: ${quote(email)} is taken meanwhile`);
    };
    if (await held.isHeld(emailKeyOf(email), userId)) taken();
    try {
      if (!await changes.outside(visitor, userId, decide)) throw overOrUsed();
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      taken();
    }
  }
}

function exchanged(email: string, sessionId: string | undefined): Decide {
  return ({ user, sessions }, now) => {
    const asked = sessions.some(({ id }) => id === sessionId);
    if (!asked || suspensionAt(user, now)) throw overOrUsed();
    return {
      user: { email, emailKey: emailKeyOf(email), emailVerifiedAt: now },
      dropTokens: ["verify_email", "reset_password", "change_email"],
      note: { action: "email.changed", details: { from: user.email, to: email } },
    };
  };
}
