/** A row of the model, of any entity. */
export type PortableRow = Record<string, unknown>;

/**
 * Entities that are copied between stores, in the order of writing: a row comes after the rows that
 * it refers to. The target computes derived data (search terms, counts, keys of names) itself.
 */
export const ENTITIES = [
  "users",
  "identities",
  "sessions",
  "api_keys",
  "bots",
  "one_time_tokens",
  "audit",
  "erasures",
  "reports",
  "blocks",
  "contact_settings",
  "contact_requests",
  "devices",
  "key_packages",
  "history_backups",
  "history_backup_parts",
  "chats",
  "memberships",
  "messages",
  "media",
  "handshakes",
  "group_infos",
  "welcomes",
  "notifications",
  "notification_settings",
  "push_devices",
  "shown_pushes",
  "outbox",
  "settings",
  "webhooks",
  "webhook_deliveries",
  "statistics",
] as const;

export type Entity = typeof ENTITIES[number];

export interface RowPage {
  rows: PortableRow[];
  /** The key after which the next page begins; null after the last one. */
  next: string | null;
}

/**
 * Access to all rows of a store, without the rules of services: for moving everything to another
 * store.
 */
export interface RowPort {
  /** Rows in the order of their keys, those after `after` only. */
  page(entity: Entity, after: string | null, limit: number): Promise<RowPage>;
  /** Writes rows; existing rows stay unchanged, so that it may be repeated. */
  put(entity: Entity, rows: PortableRow[]): Promise<void>;
  /** How far a copy into this store has come; null if none is under way. */
  progress(): Promise<string | null>;
  setProgress(progress: string | null): Promise<void>;
  /**
   * Ends a copy: computes the data derived from all rows, and continues the history of that name.
   */
  finish(incarnation: string): Promise<void>;
}
