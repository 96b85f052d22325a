import type { StoredKeyPackage } from "../model/device.ts";

export interface KeyPackageClaim {
  keyPackage: StoredKeyPackage;
  /** Key packages of the device that are left and good at `now`, the last resort not counted. */
  remaining: number;
}

export interface KeyPackageStore {
  /**
   * Keeps them; those whose id is there already are passed over. A last resort takes the place of the
   * device's earlier one.
   */
  add(keyPackages: StoredKeyPackage[]): Promise<void>;
  /**
   * Takes the oldest (by `createdAt`, then id) of the device's that has not expired at `now`: of two
   * claims at the same moment each gets another. The last resort, which stays, if there is no other;
   * null without either.
   */
  claim(deviceId: string, now: number): Promise<KeyPackageClaim | null>;
  /** The device's last resort, which stays; null without one that has not expired at `now`. */
  lastResort(deviceId: string, now: number): Promise<StoredKeyPackage | null>;
  /** How many of the device's have not expired at `now`, the last resort not counted. */
  count(deviceId: string, now: number): Promise<number>;
  /** Forgets those that expired before `before`; answers how many. */
  purge(before: number): Promise<number>;
}
