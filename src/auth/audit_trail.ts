import type { Clock } from "../core/clock.ts";
import { type AuditEntry, type AuditNote, newAuditEntry } from "../model/audit_entry.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { AuditPage } from "../store/audit_store.ts";
import type { Store } from "../store/store.ts";

/**
 * The record of what changed accounts: who, when, from where. It is written when the change has been
 * made; changes of a chat's members write theirs within the change's own transaction.
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

  /** What the server does. */
  async byServer(note: AuditNote): Promise<void> {
    await this.#add({ actorId: null, visitor: null }, note);
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

  async #add(origin: Parameters<typeof newAuditEntry>[0], note: AuditNote): Promise<void> {
    const entry = newAuditEntry(origin, note, this.clock.now());
    await this.store.audit.add(entry);
    await this.onEntry(entry);
  }
}
