import { type Clock, toTimestamp } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import { idsOf } from "../core/ids.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { AccountChanges } from "../auth/account_changes.ts";
import type { AccountMail } from "../auth/account_mail.ts";

export interface AccountModerationOptions {
  changes: AccountChanges;
  mail: AccountMail;
  clock: Clock;
  /** True for an administrator, even one whose rights are withheld for now. */
  isAdministrator(user: User): boolean;
  /** Called after somebody was shadowed, or is no more. */
  onShadowed(): Promise<void>;
}

/**
 * Actions of administrators on accounts. On the account of another administrator only an
 * administrator may act, in their own session: a stolen API key cannot shut out those who could end
 * it.
 */
export class AccountModeration {
  constructor(private readonly options: AccountModerationOptions) {}

  /**
   * Suspends the account: all of its sessions and sockets end, and it can do nothing from now on.
   */
  async suspend(
    caller: Caller | ServerCaller,
    userId: string,
    { reason, until }: { reason: string; until: number | null },
  ): Promise<User> {
    const { changes, mail, clock } = this.options;
    if (userId === caller.userId) {
      throw fieldError(
        "invalid_request",
        "userId",
        "Cannot suspend this user: it is your own account",
      );
    }
    if (until !== null && until <= clock.now()) {
      throw fieldError(
        "invalid_request",
        "until",
        'Cannot suspend this user: "until" is in the past',
      );
    }
    const details = { reason, ...(until !== null && { until: toTimestamp(until) }) };
    const changed = await changes.by(caller, userId, ({ user, sessions }, at) => {
      this.#requireMay(caller, user, "suspend this user");
      return {
        user: { suspension: { at, until, reason, byUserId: caller.userId } },
        endSessions: { ids: idsOf(sessions), reason: "suspended" },
        deleteTokens: ["second_factor"],
        note: { action: "user.suspended", details },
      };
    });
    if (!changed) throw notFound("user", userId);
    mail.notice("account_suspended", changed.user);
    return changed.user;
  }

  /** Changes nothing if the account is not suspended. */
  async unsuspend(caller: Caller | ServerCaller, userId: string): Promise<User> {
    const changed = await this.options.changes.by(caller, userId, ({ user }) => {
      if (!user.suspension) return {};
      this.#requireMay(caller, user, "lift the suspension");
      return { user: { suspension: null }, note: { action: "user.unsuspended" } };
    });
    if (!changed) throw notFound("user", userId);
    return changed.user;
  }

  /** Ends all sessions of the account, and pending changes begun in them, without suspending it. */
  async endSessions(caller: Caller | ServerCaller, userId: string): Promise<number> {
    const changed = await this.options.changes.by(caller, userId, ({ user, sessions }) => {
      this.#requireMay(caller, user, "end the sessions");
      return {
        endSessions: { ids: idsOf(sessions), reason: "ended_by_admin" },
        deleteTokens: ["second_factor", "change_email"],
        note: { action: "session.ended", details: { sessionId: "all" } },
      };
    });
    if (!changed) throw notFound("user", userId);
    return changed.endedSessions.length;
  }

  /** Shadows the account, or ends that. The person cannot read the entry (`isEntryFor`). */
  async shadow(
    caller: Caller | ServerCaller,
    userId: string,
    { shadowed, reason }: { shadowed: boolean; reason: string },
  ): Promise<User> {
    const { changes, onShadowed } = this.options;
    let isChange = false;
    const changed = await changes.by(caller, userId, ({ user }, at) => {
      this.#requireMay(caller, user, "shadow this user");
      isChange = shadowed !== (user.shadowedAt !== null);
      if (!isChange) return {};
      const action = shadowed ? "user.shadowed" as const : "user.unshadowed" as const;
      return {
        user: { shadowedAt: shadowed ? at : null },
        note: { action, details: { reason } },
      };
    });
    if (!changed) throw notFound("user", userId);
    if (isChange) await onShadowed();
    return changed.user;
  }

  #requireMay(caller: Caller | ServerCaller, user: User, action: string): void {
    if (!caller.key || !this.options.isAdministrator(user)) return;
    const message = `Cannot ${action}: no API key may act on an administrator, a person may`;
    throw new AppError("forbidden", message);
  }
}
