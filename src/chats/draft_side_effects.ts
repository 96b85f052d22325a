import {
  type AuditEntry,
  type AuditNote,
  type AuditOrigin,
  newAuditEntry,
} from "../model/audit_entry.ts";
import type { ChatStep } from "../model/chat_step.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";
import type { MlsChange } from "../store/chat_store.ts";
import { type ChatRecord, occurrencesOf, outboxEntry } from "./outbox_events.ts";

/** What a Commit brings with it, beside its own row. */
type GroupChange = Pick<MlsChange, "groupInfo" | "welcomes">;

/**
 * What is to be written with a draft's rows and is no row of the chat: records for the audit, whom to
 * tell, the state of an MLS group. Each belongs to a revision, and goes when that is taken back.
 */
export class DraftSideEffects {
  #records: ChatRecord[] = [];
  /** What people are to hear of beside new messages and records. */
  #occurrences: { rev: number; occurrence: OutboxEvent }[] = [];
  readonly #groupChanges = new Map<number, GroupChange>();
  #outbox: OutboxEntry | null | undefined;

  record(rev: number, origin: AuditOrigin, note: AuditNote): void {
    this.#records.push({ rev, origin, note });
  }

  tell(rev: number, occurrence: OutboxEvent): void {
    this.#occurrences.push({ rev, occurrence });
  }

  changeGroup(rev: number, change: GroupChange): void {
    this.#groupChanges.set(rev, change);
  }

  /** Takes back what belongs to revisions past `rev`. */
  truncate(rev: number): void {
    this.#records = this.#records.filter((each) => each.rev <= rev);
    this.#occurrences = this.#occurrences.filter((each) => each.rev <= rev);
    for (const each of this.#groupChanges.keys()) {
      if (each > rev) this.#groupChanges.delete(each);
    }
  }

  audit(now: number): AuditEntry[] {
    return this.#records.map(({ origin, note }) => newAuditEntry(origin, note, now));
  }

  /** The same one for the change and for who is told of the commit. Called when all steps are made. */
  outbox(chatId: string, steps: readonly ChatStep[], now: number): OutboxEntry | null {
    if (this.#outbox !== undefined) return this.#outbox;
    const occurrences = [
      ...occurrencesOf(steps, this.#records),
      ...this.#occurrences.map(({ occurrence }) => occurrence),
    ];
    return this.#outbox = outboxEntry(chatId, occurrences, now);
  }

  /** Null without a Commit among the steps. */
  mls(steps: readonly ChatStep[]): MlsChange | null {
    const changes = [...this.#groupChanges.values()];
    const last = changes.at(-1);
    if (!last) return null;
    const commits = steps.flatMap((step) => step.type === "mls.commit" ? [step.handshake] : []);
    const welcomes = changes.flatMap((each) => each.welcomes);
    return { commits, groupInfo: last.groupInfo, welcomes };
  }
}
