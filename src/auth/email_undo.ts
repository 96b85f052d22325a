import { fieldError, quote } from "../core/errors.ts";
import { idsOf } from "../core/ids.ts";
import type { Visitor } from "../model/caller.ts";
import { ONE_TIME_PURPOSES } from "../model/one_time_token.ts";
import type { Account } from "../store/account_store.ts";
import { DuplicateKey } from "../store/store.ts";
import type { AccountChanges, Decision } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import { type AccountLinks, linkExpired } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";

export interface EmailUndoOptions {
  tokens: OneTimeTokens;
  links: AccountLinks;
  accounts: Accounts;
  changes: AccountChanges;
  mail: AccountMail;
}

/**
 * How long before the address change an attacker may have added a second factor or a provider.
 * Older ones are kept.
 */
const LOOK_BACK_MS = 24 * 60 * 60_000;

/** Undoes, from the old address, an address change that the owner did not make. */
export class EmailUndo {
  constructor(private readonly options: EmailUndoOptions) {}

  /**
   * Restores the previous address under a new password. All sessions, links and devices end. A
   * second factor or a provider added well before the change stays: access to the old mailbox
   * alone, which may belong to a stranger by then, must not bypass it.
   */
  async undo(visitor: Visitor, token: string, password: string): Promise<void> {
    const { links, tokens, accounts, changes, mail } = this.options;
    const { user } = await links.follow("undo_email", token);
    const passwordHash = await accounts.hash(password, { visitor, user });
    const consumed = await tokens.consume("undo_email", token);
    if (!consumed) throw linkExpired();
    const { email } = consumed.data;
    const since = consumed.createdAt - LOOK_BACK_MS;
    try {
      const changed = await changes.outside(visitor, user.id, (account, now) => ({
        ...lockOut(account, since),
        user: { ...addressOf(email, now), passwordHash, ...withoutNewFactor(account, since) },
        note: { action: "email.change_undone", details: { from: account.user.email, to: email } },
      }));
      if (!changed) throw linkExpired();
      mail.notice("password_changed", changed.user, visitor);
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const message = `Cannot undo the change: another account now has the address ${quote(email)}`;
      throw fieldError("conflict", "email", message);
    }
  }
}

function lockOut({ sessions, identities }: Account, since: number): Decision {
  const recent = identities.filter(({ linkedAt }) => linkedAt >= since);
  return {
    unlink: recent.map(({ provider }) => provider),
    deleteDevices: true,
    endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
    deleteTokens: ONE_TIME_PURPOSES.filter((purpose) => purpose !== "held_username"),
  };
}

const addressOf = (email: string, now: number) => ({
  email,
  emailKey: emailKeyOf(email),
  emailVerifiedAt: now,
});

function withoutNewFactor({ user: { totp } }: Account, since: number) {
  const isOld = totp !== null && totp.enabledAt !== null && totp.enabledAt < since;
  return isOld ? {} : { totp: null, recoveryCodes: [] };
}
