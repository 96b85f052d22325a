import {
  type AuditEntry,
  type AuditNote,
  type AuditOrigin,
  newAuditEntry,
} from "../model/audit_entry.ts";
import type { ChatStep } from "../model/chat_step.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";
import type { MlsChange } from "../store/chat_store.ts";
import { type ChatRecord, outboxEntry, outboxEventsOf } from "./outbox_events.ts";

/** Parts of a Commit beside its own row. */
type GroupChange = Pick<MlsChange, "groupInfo" | "welcomes">;

/**
 * Everything that is written with a draft's rows and is no row of the chat: audit records, outbox
 * events, the state of an MLS group. Each belongs to a revision, and goes when that revision is
 * undone.
 */
export class DraftSideEffects {
  #records: ChatRecord[] = [];
  /** Events that people are notified of, beside new messages and records. */
  #events: { rev: number; event: OutboxEvent }[] = [];
  readonly #groupChanges = new Map<number, GroupChange>();
  #outbox: OutboxEntry | null | undefined;

  record(rev: number, origin: AuditOrigin, note: AuditNote): void {
    this.#records.push({ rev, origin, note });
  }

  notify(rev: number, event: OutboxEvent): void {
    this.#events.push({ rev, event });
  }

  changeGroup(rev: number, change: GroupChange): void {
    this.#groupChanges.set(rev, change);
  }

  /** Removes what belongs to revisions past `rev`. */
  truncate(rev: number): void {
    this.#records = this.#records.filter((each) => each.rev <= rev);
    this.#events = this.#events.filter((each) => each.rev <= rev);
    for (const each of this.#groupChanges.keys()) {
      if (each > rev) this.#groupChanges.delete(each);
    }
  }

  audit(now: number): AuditEntry[] {
    return this.#records.map(({ origin, note }) => newAuditEntry(origin, note, now));
  }

  /**
   * Returns the same entry for the change set and for the commit listeners. Called when all steps
   * are made.
   */
  outbox(chatId: string, steps: readonly ChatStep[], now: number): OutboxEntry | null {
    if (this.#outbox !== undefined) return this.#outbox;
    const events = [
      ...outboxEventsOf(steps, this.#records),
      ...this.#events.map(({ event }) => event),
    ];
    return this.#outbox = outboxEntry(chatId, events, now);
  }

  /** Returns null if there is no Commit among the steps. */
  mls(steps: readonly ChatStep[]): MlsChange | null {
    const changes = [...this.#groupChanges.values()];
    const last = changes.at(-1);
    if (!last) return null;
    const commits = steps.flatMap((step) => step.type === "mls.commit" ? [step.handshake] : []);
    const welcomes = changes.flatMap((each) => each.welcomes);
    return { commits, groupInfo: last.groupInfo, welcomes };
  }
}
