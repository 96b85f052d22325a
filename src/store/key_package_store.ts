import type { StoredKeyPackage } from "../model/device.ts";
import type { Full } from "./bounded_add.ts";

export interface KeyPackageClaim {
  keyPackage: StoredKeyPackage;
  /**
   * Number of the device's key packages that are left and valid at `now`, without the last resort.
   */
  remaining: number;
}

export interface KeyPackageStore {
  /**
   * Stores key packages of a device; those whose id exists already are skipped, and take no room. A
   * last resort replaces the device's earlier one. `max` bounds what `count` returns, which is in
   * the result; see `BoundedAdd`.
   */
  add(
    deviceId: string,
    keyPackages: StoredKeyPackage[],
    options: { max: number; now: number },
  ): Promise<{ outcome: "added"; count: number } | Full>;
  /**
   * Removes and returns the device's oldest key package (by `createdAt`, then id) that has not
   * expired at `now`: concurrent claims each get a different one. Returns the last resort, which
   * stays, if there is no other; null without either.
   */
  claim(deviceId: string, now: number): Promise<KeyPackageClaim | null>;
  /** The device's last resort, which stays; null without one that has not expired at `now`. */
  lastResort(deviceId: string, now: number): Promise<StoredKeyPackage | null>;
  /**
   * Number of the device's key packages that have not expired at `now`, without the last resort.
   */
  count(deviceId: string, now: number): Promise<number>;
  /** Deletes key packages that expired before `before`; returns their number. */
  purge(before: number): Promise<number>;
}
