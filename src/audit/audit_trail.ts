import type { Clock } from "../core/clock.ts";
import {
  type AuditEntry,
  type AuditNote,
  type AuditOrigin,
  newAuditEntry,
} from "../model/audit_entry.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import type { AuditPage } from "../store/audit_store.ts";
import type { Store } from "../store/store.ts";

/**
 * The audit trail of account changes: actor, time, origin. Changes of credentials and of a chat's
 * members write their entry within the change's transaction (`entryOf`, then `written`); all other
 * actions (a block, a report, an export) and sign-ins write theirs afterwards, before the response.
 */
export class AuditTrail {
  constructor(
    private readonly store: Pick<Store, "audit">,
    private readonly clock: Clock,
    /** Called with every entry, once it is written. */
    private readonly onEntry: (entry: AuditEntry) => Promise<void> = () => Promise.resolve(),
  ) {}

  /** Records an action of a user on their own account, possibly without a session. */
  async own(userId: string, visitor: Visitor, note: Omit<AuditNote, "userId">): Promise<void> {
    await this.#add({ actorId: userId, visitor }, { ...note, userId });
  }

  /**
   * Records an action of a user, or of a server by itself or in a user's name, on another user or
   * object; with null, an action of an operator on the machine itself.
   */
  async by(caller: Caller | ServerCaller | null, note: AuditNote): Promise<void> {
    await this.#add({ actorId: caller?.userId ?? null, visitor: caller }, note);
  }

  /** Creates an entry that is written in the transaction of the change it describes. */
  entryOf(origin: AuditOrigin, note: AuditNote): AuditEntry {
    return newAuditEntry(origin, note, this.clock.now());
  }

  /** Publishes an entry that was written. */
  written(entry: AuditEntry): Promise<void> {
    return this.onEntry(entry);
  }

  ofUser(userId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.store.audit.ofUser(userId, page);
  }

  ofChat(chatId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.store.audit.ofChat(chatId, page);
  }

  all(page: AuditPage): Promise<AuditEntry[]> {
    return this.store.audit.all(page);
  }

  async #add(origin: AuditOrigin, note: AuditNote): Promise<void> {
    const entry = this.entryOf(origin, note);
    await this.store.audit.add(entry);
    await this.written(entry);
  }
}
