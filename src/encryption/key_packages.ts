import type { People } from "../chats/people.ts";
import type { Clock } from "../core/clock.ts";
import { fieldError } from "../core/errors.ts";
import type { Device, StoredKeyPackage } from "../model/device.ts";
import type { Store } from "../store/store.ts";
import { base64UrlBytes, fromBase64Url, toBase64Url } from "./base64url.ts";
import { ownDevice } from "./devices.ts";
import {
  checkKeyPackage,
  expiresAt,
  isLastResort,
  keyPackageRef,
  parseKeyPackage,
} from "./mls/key_package.ts";
import type { EncryptionNotices } from "./notices.ts";

/** Below so many the device is asked for more. */
const LOW = 10;

export interface Upload {
  keyPackages: string[];
  lastResort?: string;
}

export interface ClaimedKeyPackage {
  deviceId: string;
  keyPackage: string;
}

/** What others need to add a device to a group: uploaded in advance, and each handed out once. */
export class KeyPackages {
  constructor(
    private readonly store: Pick<Store, "devices" | "keyPackages">,
    private readonly people: People,
    private readonly notices: EncryptionNotices,
    private readonly clock: Clock,
    private readonly limits: { keyPackages: number; keyPackageBytes: number },
  ) {}

  /** All are checked before any is kept; the same ones again change nothing. */
  async upload(userId: string, deviceId: string, upload: Upload): Promise<number> {
    const device = await ownDevice(this.store, userId, deviceId);
    const now = this.clock.now();
    const rows: StoredKeyPackage[] = [];
    for (const [i, text] of upload.keyPackages.entries()) {
      rows.push(await this.#check(device, text, `keyPackages.${i}`, false));
    }
    if (upload.lastResort !== undefined) {
      rows.push(await this.#check(device, upload.lastResort, "lastResort", true));
    }
    const [held, most] = [
      await this.store.keyPackages.count(deviceId, now),
      this.limits.keyPackages,
    ];
    if (held + upload.keyPackages.length > most) {
      const about = `Uploading key packages: ${held} wait, and at most ${most} may`;
      throw fieldError("conflict", "keyPackages", about);
    }
    await this.store.keyPackages.add(rows);
    return await this.store.keyPackages.count(deviceId, now);
  }

  /**
   * One for each device of the person's that has any, or for those of `deviceIds` only. Who has blocked
   * the caller answers as if they did not exist.
   */
  async claim(
    callerId: string,
    userId: string,
    deviceIds?: string[],
  ): Promise<ClaimedKeyPackage[]> {
    if (callerId !== userId) await this.people.reach(callerId, [userId]);
    const devices = await this.store.devices.ofUsers([userId]);
    const claimed: ClaimedKeyPackage[] = [];
    for (const { id: deviceId } of devices) {
      if (deviceIds && !deviceIds.includes(deviceId)) continue;
      const claim = await this.store.keyPackages.claim(deviceId, this.clock.now());
      if (!claim) continue;
      claimed.push({ deviceId, keyPackage: claim.keyPackage.keyPackage });
      if (claim.remaining < LOW) this.notices.keyPackagesLow(userId, deviceId, claim.remaining);
    }
    return claimed;
  }

  async #check(
    device: Device,
    text: string,
    field: string,
    asLastResort: boolean,
  ): Promise<StoredKeyPackage> {
    const most = this.limits.keyPackageBytes;
    if (base64UrlBytes(text) > most) {
      const about = `Uploading key packages: ${field} has more than ${most} bytes`;
      throw fieldError("invalid_request", field, about);
    }
    const parsed = parseKeyPackage(fromBase64Url(text));
    const now = this.clock.now();
    const signatureKey = fromBase64Url(device.signatureKey);
    const owner = { userId: device.userId, deviceId: device.id, signatureKey };
    await checkKeyPackage(parsed, owner, { now });
    if (isLastResort(parsed) !== asLastResort) {
      const is = asLastResort ? "lacks" : "has";
      const about = `Uploading key packages: ${field} ${is} the last_resort extension`;
      throw fieldError("invalid_request", field, about);
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
