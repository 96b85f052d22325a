import type { Clock } from "../core/clock.ts";
import { fieldError, notFound } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";
import { suspensionAt, type User } from "../model/user.ts";
import type { AccountMail } from "../auth/account_mail.ts";
import type { AuditTrail } from "../auth/audit_trail.ts";
import type { OneTimeTokens } from "../auth/one_time_tokens.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { Store } from "../store/store.ts";

export interface ModerationOptions {
  store: Pick<Store, "users">;
  sessions: Sessions;
  tokens: OneTimeTokens;
  audit: AuditTrail;
  mail: AccountMail;
  clock: Clock;
  /** In lower case. */
  adminEmails: readonly string[];
}

/** What administrators may do about accounts. */
export class Moderation {
  constructor(private readonly options: ModerationOptions) {}

  /** By role, or by a confirmed address that the configuration lists: an unconfirmed one is anyone's. */
  async isAdmin(userId: string): Promise<boolean> {
    const { store, adminEmails, clock } = this.options;
    const user = await store.users.byId(userId);
    if (!user || user.deletedAt !== null || suspensionAt(user, clock.now())) return false;
    const listed = user.emailVerifiedAt !== null && adminEmails.includes(user.emailKey);
    return user.role === "admin" || listed;
  }

  /** The account can do nothing from now on: all of its sessions and sockets end. */
  async suspend(
    caller: Caller,
    userId: string,
    { reason, until }: { reason: string; until: number | null },
  ): Promise<User> {
    const { store, sessions, tokens, audit, mail, clock } = this.options;
    if (userId === caller.userId) {
      throw fieldError("invalid_request", "userId", "Suspending: this is yourself");
    }
    const at = clock.now();
    if (until !== null && until <= at) {
      throw fieldError("invalid_request", "until", "Suspending: until is in the past");
    }
    await this.#existing(userId);
    const suspension = { at, until, reason, byUserId: caller.userId };
    const user = await store.users.update(userId, { suspension, updatedAt: at });
    if (!user) throw notFound("user", userId);
    await sessions.endAllOf(userId, "suspended");
    await tokens.dropOf(userId, "second_factor");
    const details = { reason, ...(until !== null && { until: new Date(until).toISOString() }) };
    await audit.by(caller, { action: "user.suspended", userId, details });
    mail.notice("account_suspended", user);
    return user;
  }

  async unsuspend(caller: Caller, userId: string): Promise<User> {
    const { store, audit, clock } = this.options;
    const before = await this.#existing(userId);
    if (!before.suspension) return before;
    const user = await store.users.update(userId, { suspension: null, updatedAt: clock.now() });
    await audit.by(caller, { action: "user.unsuspended", userId });
    return user!;
  }

  async #existing(userId: string): Promise<User> {
    const user = await this.options.store.users.byId(userId);
    if (!user || user.deletedAt !== null) throw notFound("user", userId);
    return user;
  }
}
