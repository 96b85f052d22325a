import type { OutboxEntry } from "../model/outbox_entry.ts";

/** Entries of chats are written by `ChatStore.commit`, in the transaction that makes the change. */
export interface OutboxStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  add(entry: OutboxEntry): Promise<void>;
  /** Entries due at `now`, the longest due first; they are due again at `until`, for one taker each. */
  take(now: number, until: number, limit: number): Promise<OutboxEntry[]>;
  /** The smallest `dueAt` of the entries due at `now`; null where none is. */
  firstDue(now: number): Promise<number | null>;
  /** Moves `dueAt` of entries in hand on to `until`. */
  hold(ids: string[], until: number): Promise<void>;
  /** Removes `done` and adds `retries`, in one transaction. */
  settle(done: string[], retries: OutboxEntry[]): Promise<void>;
}
