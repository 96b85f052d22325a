import type { Device } from "../model/device.ts";
import type { BoundedAdd } from "./bounded_add.ts";

export interface DeviceStore {
  /**
   * `max` bounds the devices of the user; `exists` if one of them has the same signature key.
   * Throws `DuplicateKey("id")` when the id exists.
   */
  create(device: Device, max: number): Promise<BoundedAdd<Device>>;
  /** Null when missing. */
  byId(id: string): Promise<Device | null>;
  /** Devices that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Device[]>;
  /** All devices of these people, in order of `userId` and then `id` (oldest first). */
  ofUsers(userIds: string[]): Promise<Device[]>;
  /**
   * Deletes these devices of the user, or all of them without `ids`, with their key packages and
   * pending Welcomes; returns the deleted devices.
   */
  remove(userId: string, ids?: string[]): Promise<Device[]>;
}
