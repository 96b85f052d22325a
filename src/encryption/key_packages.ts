import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError } from "../core/errors.ts";
import type { Device, StoredKeyPackage } from "../model/device.ts";
import type { Store } from "../store/store.ts";
import { base64UrlBytes, fromBase64Url, toBase64Url } from "../core/base64url.ts";
import type { ClaimAllowance, ClaimBudget } from "./claim_budget.ts";
import { ownDevice } from "./devices.ts";
import {
  checkKeyPackage,
  checkKeyPackageItself,
  expiresAt,
  isLastResort,
  keyPackageRef,
  parseKeyPackage,
} from "./mls/key_package.ts";
import type { EncryptionNotices } from "./notices.ts";

/**
 * At or below this number the device is asked for more key packages; strangers cannot claim the
 * last ones up to this number.
 */
const LOW = 10;

export interface Upload {
  keyPackages: string[];
  lastResort?: string;
}

export interface ClaimedKeyPackage {
  deviceId: string;
  keyPackage: string;
}

export interface KeyPackagesOptions {
  store: Pick<Store, "devices" | "keyPackages">;
  contactPolicy: ContactPolicy;
  budget: ClaimBudget;
  notices: EncryptionNotices;
  clock: Clock;
  limits: { keyPackages: number; keyPackageBytes: number };
}

/**
 * Key packages that others need to add a device to a group: uploaded in advance, each handed out
 * once.
 */
export class KeyPackages {
  constructor(private readonly options: KeyPackagesOptions) {}

  /**
   * Checks all key packages before it stores any; a repeated upload changes nothing. Returns the
   * number of key packages that are stored now.
   */
  async upload(userId: string, deviceId: string, upload: Upload): Promise<number> {
    const device = await ownDevice(this.options.store, userId, deviceId);
    const rows: StoredKeyPackage[] = [];
    for (const [i, text] of upload.keyPackages.entries()) {
      rows.push(await this.#check(device, text, `keyPackages.${i}`, false));
    }
    if (upload.lastResort !== undefined) {
      rows.push(await this.#check(device, upload.lastResort, "lastResort", true));
    }
    const { store, clock, limits: { keyPackages: max } } = this.options;
    const { outcome, count } = await store.keyPackages.add(deviceId, rows, {
      max,
      now: clock.now(),
    });
    if (outcome === "added") return count;
    const message = `Cannot upload key packages: ${count} are stored, at most ${max} are allowed`;
    throw fieldError("conflict", "keyPackages", message);
  }

  /**
   * Returns one key package for each of the user's devices that has any, or only for those in
   * `deviceIds`. A user who has blocked the caller seems not to exist. Callers past their limit
   * receive last resorts only, and `rate_limited` if there is none.
   */
  async claim(
    callerId: string,
    userId: string,
    deviceIds?: string[],
  ): Promise<ClaimedKeyPackage[]> {
    const { store, contactPolicy, budget } = this.options;
    if (callerId !== userId) await contactPolicy.requireReachable(callerId, [userId]);
    const devices = (await store.devices.ofUsers([userId])).filter(({ id }) => {
      return deviceIds === undefined || deviceIds.includes(id);
    });
    if (devices.length === 0) return [];
    const allowance = await budget.take(callerId, userId);
    const claimed: ClaimedKeyPackage[] = [];
    for (const device of devices) {
      const keyPackage = await this.#claimOf(device, allowance);
      if (keyPackage !== null) claimed.push({ deviceId: device.id, keyPackage });
    }
    if (claimed.length === 0 && allowance.refusal) throw allowance.refusal;
    return claimed;
  }

  async #claimOf(device: Device, { refusal, isStranger }: ClaimAllowance): Promise<string | null> {
    const { store, clock } = this.options;
    if (refusal || (isStranger && await this.#isLow(device.id))) {
      const lastResort = await store.keyPackages.lastResort(device.id, clock.now());
      if (lastResort && await this.#isGood(lastResort)) return lastResort.keyPackage;
      if (refusal) return null;
    }
    return await this.#takeGood(device);
  }

  async #isLow(deviceId: string): Promise<boolean> {
    const { store, clock } = this.options;
    return await store.keyPackages.count(deviceId, clock.now()) <= LOW;
  }

  /** Skips key packages that an earlier release stored under looser rules. */
  async #takeGood({ id, userId }: Device): Promise<string | null> {
    const { store, notices, clock, limits } = this.options;
    for (let tries = 0; tries <= limits.keyPackages; tries++) {
      const claim = await store.keyPackages.claim(id, clock.now());
      if (!claim) return null;
      const { keyPackage, remaining } = claim;
      if (remaining <= LOW) notices.keyPackagesLow(userId, id, remaining);
      if (await this.#isGood(keyPackage)) return keyPackage.keyPackage;
      if (keyPackage.isLastResort) return null;
    }
    return null;
  }

  async #isGood({ keyPackage }: StoredKeyPackage): Promise<boolean> {
    try {
      const parsed = parseKeyPackage(fromBase64Url(keyPackage));
      await checkKeyPackageItself(parsed, this.options.clock.now());
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  async #check(
    device: Device,
    text: string,
    field: string,
    asLastResort: boolean,
  ): Promise<StoredKeyPackage> {
    const max = this.options.limits.keyPackageBytes;
    if (base64UrlBytes(text) > max) {
      const message = `Cannot upload key packages: ${field} has more than ${max} bytes`;
      throw fieldError("invalid_request", field, message);
    }
    const parsed = parseKeyPackage(fromBase64Url(text));
    const now = this.options.clock.now();
    const signatureKey = fromBase64Url(device.signatureKey);
    const owner = { userId: device.userId, deviceId: device.id, signatureKey };
    await checkKeyPackage(parsed, owner, now);
    if (isLastResort(parsed) !== asLastResort) {
      const is = asLastResort ? "lacks" : "has";
      const message = `Cannot upload key packages: ${field} ${is} the last_resort extension`;
      throw fieldError("invalid_request", field, message);
    }
    return {
      id: toBase64Url(await keyPackageRef(parsed)),
      deviceId: device.id,
      keyPackage: text,
      isLastResort: asLastResort,
      expiresAt: expiresAt(parsed),
      createdAt: now,
    };
  }
}
