import type { ShownPush } from "../model/shown_push.ts";

export type ShownPushFilter =
  | { userId: string; chatId: string }
  | { userId: string; tag: string }
  | { userId: string }
  | { messageId: string };

export interface ShownPushStore {
  /** Stores one row per device and tag: a later row replaces the earlier one. */
  put(rows: ShownPush[]): Promise<void>;
  /** At most `limit`, in no particular order. */
  find(filter: ShownPushFilter, limit: number): Promise<ShownPush[]>;
  /** Deletes rows that have not been replaced by a later push since. */
  remove(rows: Pick<ShownPush, "deviceId" | "tag" | "shownAt">[]): Promise<void>;
  /** Deletes those shown before `before`; returns their number. */
  purge(before: number): Promise<number>;
  /** Deletes all of the person's; returns their number. */
  deleteAllOf(userId: string): Promise<number>;
}
