import type { Clock } from "../core/clock.ts";
import {
  type AuditEntry,
  type AuditNote,
  type AuditOrigin,
  newAuditEntry,
} from "../model/audit_entry.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { AuditPage } from "../store/audit_store.ts";
import type { Store } from "../store/store.ts";

/**
 * The record of what changed accounts: who, when, from where. What changes credentials, and a chat's
 * members, writes its entry within the change's own transaction (`entryOf`, then `written`); what does
 * neither (a block, a report, an export) and sign-ins write theirs afterwards, before the answer.
 */
export class AuditTrail {
  constructor(
    private readonly store: Pick<Store, "audit">,
    private readonly clock: Clock,
    /** Told of every entry, once it is written. */
    private readonly onEntry: (entry: AuditEntry) => Promise<void> = () => Promise.resolve(),
  ) {}

  /** What a person does to their own account, perhaps before they have a session. */
  async own(userId: string, visitor: Visitor, note: Omit<AuditNote, "userId">): Promise<void> {
    await this.#add({ actorId: userId, visitor }, { ...note, userId });
  }

  /** What a person does to someone or something else. */
  async by(caller: Caller, note: AuditNote): Promise<void> {
    await this.#add({ actorId: caller.userId, visitor: caller }, note);
  }

  /** An entry that is written with the change that it is of. */
  entryOf(origin: AuditOrigin, note: AuditNote): AuditEntry {
    return newAuditEntry(origin, note, this.clock.now());
  }

  /** Tells of an entry that was written. */
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
