import type { PushDevice } from "../model/push_device.ts";

export interface PushDeviceStore {
  /**
   * Stores it and answers the row. One with this `key` keeps its `id` and `createdAt`, and is from
   * now on this person's.
   */
  put(device: PushDevice): Promise<PushDevice>;
  /** Most recently registered first. */
  ofUser(userId: string): Promise<PushDevice[]>;
  /** Of all of them, in no particular order. */
  ofUsers(userIds: string[]): Promise<PushDevice[]>;
  /** True if the person had it. */
  remove(userId: string, id: string): Promise<boolean>;
  /** Deletes those whose session is missing, ended, or expired at `now`; returns how many. */
  purge(now: number): Promise<number>;
  /** Answers how many there were. */
  deleteAllOf(userId: string): Promise<number>;
}
