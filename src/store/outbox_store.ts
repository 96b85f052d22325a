import type { OutboxEntry } from "../model/outbox_entry.ts";

/** `ChatStore.commit` writes the entries of chats, in the transaction that makes the change. */
export interface OutboxStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  add(entry: OutboxEntry): Promise<void>;
  /**
   * Claims entries due at `now`, the longest due first: they are due again at `until`. Concurrent
   * callers get different entries.
   */
  claim(now: number, until: number, limit: number): Promise<OutboxEntry[]>;
  /** The smallest `dueAt` of the entries due at `now`; null if there is none. */
  firstDue(now: number): Promise<number | null>;
  /**
   * Extends the lease on claimed entries: moves their `dueAt` to `until`, and possibly that of
   * others which were committed together with them.
   */
  extend(ids: string[], until: number): Promise<void>;
  /** Deletes `done` and adds `retries`, in one transaction. */
  settle(done: string[], retries: OutboxEntry[]): Promise<void>;
}
