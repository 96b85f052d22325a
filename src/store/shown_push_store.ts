import type { ShownPush } from "../model/shown_push.ts";

export type ShownPushFilter =
  | { userId: string; chatId: string }
  | { userId: string; tag: string }
  | { userId: string }
  | { messageId: string };

export interface ShownPushStore {
  /** One row per device and tag: the later one takes the place of the earlier one. */
  put(rows: ShownPush[]): Promise<void>;
  /** At most `limit`, in no particular order. */
  find(filter: ShownPushFilter, limit: number): Promise<ShownPush[]>;
  /** Deletes rows that have not been replaced by a later push since. */
  remove(rows: Pick<ShownPush, "deviceId" | "tag" | "shownAt">[]): Promise<void>;
  /** Deletes those shown before `before`; returns how many. */
  purge(before: number): Promise<number>;
  /** Deletes all of the person's; returns how many. */
  deleteAllOf(userId: string): Promise<number>;
}
