import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { AuditNote, AuditOrigin } from "../model/audit_entry.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Device } from "../model/device.ts";
import type { User } from "../model/user.ts";
import type { Account, AccountChange } from "../store/account_store.ts";
import type { Store } from "../store/store.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";

/** A change of an account, and what the record is to say of it. */
export type Decision = Omit<AccountChange, "entry"> & { note?: Omit<AuditNote, "userId"> };

/** Decides by what the account is at that moment, and throws to refuse. It may be called more than once. */
export type Decide = (account: Account, now: number) => Decision;

export interface Changed {
  user: User;
  /** Ids of those that the change has ended. */
  endedSessions: string[];
}

export interface AccountChangesOptions {
  store: Pick<Store, "accounts">;
  audit: AuditTrail;
  clock: Clock;
  /** Told of sessions that have ended, so that their sockets close. */
  onSessionsEnded: (sessionIds: string[]) => void;
  /** Told of encryption devices that were taken away. */
  onDevicesRemoved: (userId: string, devices: Device[]) => void;
}

/**
 * Changes accounts: what is changed, the sessions that end with it and its entry in the record are
 * written in one transaction, and told once they are. An erased account is not changed any more.
 */
export class AccountChanges {
  constructor(private readonly options: AccountChangesOptions) {}

  /**
   * What people do to their own account. A session that has ended while its request was under way
   * changes nothing: who was shut out (by a reset of the password, say) is out.
   */
  async own(caller: Caller, decide: Decide): Promise<Changed> {
    const { userId, sessionId } = caller;
    const changed = await this.#make(
      userId,
      { actorId: userId, visitor: caller },
      (account, now) => {
        if (account.sessions.some(({ id }) => id === sessionId)) return decide(account, now);
        throw new AppError("unauthenticated", "The session has ended");
      },
    );
    if (changed) return changed;
    throw new AppError("unauthenticated", "The account is no longer there");
  }

  /** What people do to their own account without a session. Null when it is not there. */
  outside(visitor: Visitor, userId: string, decide: Decide): Promise<Changed | null> {
    return this.#make(userId, { actorId: userId, visitor }, decide);
  }

  /** What someone else does to the account. Null when it is not there. */
  by(caller: Caller, userId: string, decide: Decide): Promise<Changed | null> {
    return this.#make(userId, { actorId: caller.userId, visitor: caller }, decide);
  }

  /** What the server does to the account. Null when it is not there. */
  byServer(userId: string, decide: Decide): Promise<Changed | null> {
    return this.#make(userId, { actorId: null, visitor: null }, decide);
  }

  async #make(userId: string, origin: AuditOrigin, decide: Decide): Promise<Changed | null> {
    const { store, audit, clock, onSessionsEnded, onDevicesRemoved } = this.options;
    const at = clock.now();
    let made: AccountChange = {};
    const changed = await store.accounts.change(userId, at, (account) => {
      const { note, ...change } = decide(account, at);
      const entry = note && audit.entryOf(origin, { ...note, userId });
      return made = { ...change, entry };
    });
    if (!changed) return null;
    const endedSessions = made.endSessions?.ids ?? [];
    if (endedSessions.length > 0) onSessionsEnded(endedSessions);
    if (changed.removedDevices.length > 0) onDevicesRemoved(userId, changed.removedDevices);
    if (made.entry) await audit.written(made.entry);
    return { user: changed.user, endedSessions };
  }
}
