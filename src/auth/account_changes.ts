import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { AuditNote, AuditOrigin } from "../model/audit_entry.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import type { Device } from "../model/device.ts";
import type { User } from "../model/user.ts";
import type { Account, AccountChange } from "../store/account_store.ts";
import type { Store } from "../store/store.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";

/** An account change and its audit entry. */
export type Decision = Omit<AccountChange, "entry"> & { note?: Omit<AuditNote, "userId"> };

/**
 * Decides from the account's current state and throws to refuse the change. May be called more than
 * once for one change.
 */
export type Decide = (account: Account, now: number) => Decision;

export interface Changed {
  user: User;
  /** Ids of the sessions that the change ended. */
  endedSessions: string[];
}

export interface AccountChangesOptions {
  store: Pick<Store, "accounts">;
  audit: AuditTrail;
  clock: Clock;
  /** Called with the ids of ended sessions, so that their sockets are closed. */
  onSessionsEnded: (sessionIds: string[]) => void;
  /** Called with the encryption devices that the change removed. */
  onDevicesRemoved: (userId: string, devices: Device[]) => void;
}

/**
 * Changes accounts. The change, the sessions it ends and its audit entry are written in one
 * transaction; the callbacks run after the commit. An erased account cannot be changed.
 */
export class AccountChanges {
  constructor(private readonly options: AccountChangesOptions) {}

  /**
   * Changes the caller's own account. A session that ended while its request was in progress
   * changes nothing, so that a user who was locked out (for example by a password reset) stays
   * locked out.
   */
  async own(caller: Caller, decide: Decide): Promise<Changed> {
    const { userId, sessionId } = caller;
    const changed = await this.#change(
      userId,
      { actorId: userId, visitor: caller },
      (account, now) => {
        if (account.sessions.some(({ id }) => id === sessionId)) return decide(account, now);
        throw new AppError("unauthenticated", "The session has ended");
      },
    );
    if (changed) return changed;
    throw new AppError("unauthenticated", "The account no longer exists");
  }

  /**
   * Changes the user's own account without a session. Returns null if the account does not exist.
   */
  outside(visitor: Visitor, userId: string, decide: Decide): Promise<Changed | null> {
    return this.#change(userId, { actorId: userId, visitor }, decide);
  }

  /**
   * Changes an account on behalf of another user, or of a server with an API key. Returns null if
   * the account does not exist.
   */
  by(caller: Caller | ServerCaller, userId: string, decide: Decide): Promise<Changed | null> {
    return this.#change(userId, { actorId: caller.userId, visitor: caller }, decide);
  }

  /** Changes an account on behalf of the server. Returns null if the account does not exist. */
  byServer(userId: string, decide: Decide): Promise<Changed | null> {
    return this.#change(userId, { actorId: null, visitor: null }, decide);
  }

  async #change(userId: string, origin: AuditOrigin, decide: Decide): Promise<Changed | null> {
    const { store, audit, clock, onSessionsEnded, onDevicesRemoved } = this.options;
    const at = clock.now();
    let applied: AccountChange = {};
    const changed = await store.accounts.change(userId, at, (account) => {
      const { note, ...change } = decide(account, at);
      const entry = note && audit.entryOf(origin, { ...note, userId });
      return applied = { ...change, entry };
    });
    if (!changed) return null;
    const endedSessions = applied.endSessions?.ids ?? [];
    if (endedSessions.length > 0) onSessionsEnded(endedSessions);
    if (changed.removedDevices.length > 0) onDevicesRemoved(userId, changed.removedDevices);
    if (applied.entry) await audit.written(applied.entry);
    return { user: changed.user, endedSessions };
  }
}
