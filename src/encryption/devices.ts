import type { ChatAccess } from "../chats/chat_access.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Device } from "../model/device.ts";
import type { Store } from "../store/store.ts";
import { fromBase64Url } from "../core/base64url.ts";
import type { EncryptionNotices } from "./notices.ts";

const SIGNATURE_KEY_BYTES = 32;

/**
 * The devices with which users take part in encrypted chats. A device is a signature key and a
 * name, and lives until it is removed. It is independent of sessions: signing in again does not
 * change the user's identity in a group.
 */
export class Devices {
  constructor(
    private readonly store: Pick<Store, "devices" | "memberships">,
    private readonly access: ChatAccess,
    private readonly notices: EncryptionNotices,
    private readonly clock: Clock,
    private readonly limits: { devices: number },
  ) {}

  /**
   * A repeat with the same key returns the existing device. `chats`: number of the user's chats that
   * were searched for whom to notify.
   */
  async register(
    userId: string,
    { name, signatureKey }: { name: string; signatureKey: string },
  ): Promise<{ device: Device; made: boolean; chats: number }> {
    if (fromBase64Url(signatureKey).length !== SIGNATURE_KEY_BYTES) {
      const message = "Cannot register the device: signatureKey must be 32 bytes, an Ed25519 key";
      throw fieldError("invalid_request", "signatureKey", message);
    }
    const max = this.limits.devices;
    const device = { id: newId(), userId, name, signatureKey, createdAt: this.clock.now() };
    const added = await this.store.devices.create(device, max);
    if (added.outcome === "full") {
      const message = `Cannot register the device: there are ${added.count} of ${max}`;
      throw new AppError("conflict", message);
    }
    if (added.outcome === "exists") return { device: added.row, made: false, chats: 0 };
    const chats = await this.notices.devices(userId, [device], "added");
    return { device, made: true, chats };
  }

  /** Oldest first. */
  list(userId: string): Promise<Device[]> {
    return this.store.devices.ofUsers([userId]);
  }

  /**
   * Returns the devices of all members of a chat that the caller is a member of: their keys belong
   * in its group.
   */
  async ofChat(userId: string, chatId: string): Promise<Device[]> {
    await this.access.requireMember(chatId, userId);
    const rows = await this.store.memberships.ofChat(chatId);
    const present = rows.filter((row) => row.leftAt === null).map((row) => row.userId);
    return await this.store.devices.ofUsers(present);
  }

  /**
   * Removes a device. Its leaves stay in the groups until another device, which is notified,
   * commits their removal. Returns the number of the user's chats, as `register` does.
   */
  async remove(userId: string, deviceId: string): Promise<number> {
    const removed = await this.store.devices.remove(userId, [deviceId]);
    if (removed.length === 0) throw notFound("device", deviceId);
    return await this.notices.devices(userId, removed, "removed");
  }

  /** For the erasure of an account. */
  async removeAllOf(userId: string): Promise<void> {
    await this.notices.devices(userId, await this.store.devices.remove(userId), "removed");
  }
}

/** Returns the device if it belongs to the user; another user's device is `not_found`. */
export async function ownDevice(
  store: Pick<Store, "devices">,
  userId: string,
  deviceId: string,
): Promise<Device> {
  const device = await store.devices.byId(deviceId);
  if (device?.userId !== userId) throw notFound("device", deviceId);
  return device;
}
