import type { Device } from "../model/device.ts";

export interface DeviceStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(device: Device): Promise<void>;
  /** Null when missing. */
  byId(id: string): Promise<Device | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Device[]>;
  /** All devices of these people, in order of `userId` and then `id` (oldest first). */
  ofUsers(userIds: string[]): Promise<Device[]>;
  /**
   * Takes these devices of the user away, with their key packages and the Welcomes that wait for them,
   * all of them without `ids`; answers those that were there.
   */
  remove(userId: string, ids?: string[]): Promise<Device[]>;
}
