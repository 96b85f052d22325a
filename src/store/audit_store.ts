import type { AuditEntry } from "../model/audit_entry.ts";

/** Newest (highest id) first; with `before`, only lower ids. */
export interface AuditPage {
  before: string | null;
  limit: number;
}

/**
 * `ChatStore.commit` writes the entries of chats, and `AccountStore.change` and `UserStore.create`
 * write those of accounts, in the transaction that makes the change; `add` is for entries that come
 * with no such change.
 */
export interface AuditStore {
  add(entry: AuditEntry): Promise<void>;
  /** Entries of actions by the user, and of actions that concern them. */
  ofUser(userId: string, page: AuditPage): Promise<AuditEntry[]>;
  ofChat(chatId: string, page: AuditPage): Promise<AuditEntry[]>;
  all(page: AuditPage): Promise<AuditEntry[]>;
  /**
   * Blanks address, user agent and details of the user's own actions, and of the server's actions
   * that concern them; in entries of other people's actions only the details, since the address is
   * theirs.
   */
  redactTracesOf(userId: string): Promise<void>;
}
