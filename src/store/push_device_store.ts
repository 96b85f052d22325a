import type { PushDevice } from "../model/push_device.ts";
import type { BoundedAdd } from "./bounded_add.ts";

export interface PushDeviceStore {
  /**
   * Stores it and returns the row. A row with this `key` keeps its `id` and `createdAt`, and
   * belongs to this person from now on. `max` bounds the devices of the person; `exists` if the row
   * was theirs before.
   */
  put(device: PushDevice, max: number): Promise<BoundedAdd<PushDevice>>;
  /** Most recently registered first. */
  ofUser(userId: string): Promise<PushDevice[]>;
  /** Push devices of all these people, in no particular order. */
  ofUsers(userIds: string[]): Promise<PushDevice[]>;
  /**
   * Returns false only if no current member of the chat has one. True may mean only that there are
   * devices, where to look for those of a chat costs more than to read its members.
   */
  anyInChat(chatId: string): Promise<boolean>;
  /** Returns true if the person had it. */
  remove(userId: string, id: string): Promise<boolean>;
  /** Deletes those whose session is missing, ended, or expired at `now`; returns their number. */
  purge(now: number): Promise<number>;
  /** Returns the number deleted. */
  deleteAllOf(userId: string): Promise<number>;
}
