import type { AuditEntry } from "../model/audit_entry.ts";

/** Newest (highest id) first; with `before`, only lower ids. */
export interface AuditPage {
  before: string | null;
  limit: number;
}

/**
 * Entries of chats are written by `ChatStore.commit`, and those of accounts by `AccountStore.change` and
 * `UserStore.create`, in the transaction that makes the change; `add` is for what changes neither.
 */
export interface AuditStore {
  add(entry: AuditEntry): Promise<void>;
  /** What the user did, and what was done to them. */
  ofUser(userId: string, page: AuditPage): Promise<AuditEntry[]>;
  ofChat(chatId: string, page: AuditPage): Promise<AuditEntry[]>;
  all(page: AuditPage): Promise<AuditEntry[]>;
  /**
   * Blanks address, user agent and details of what the user did, or the server did to them; of what others
   * did to them the details only, since the address is theirs.
   */
  forgetTracesOf(userId: string): Promise<void>;
}
