import type { Device } from "../model/device.ts";
import type { WireEvent } from "../model/event.ts";
import type { StoredWelcome } from "../model/handshake.ts";
import type { Store } from "../store/store.ts";
import { deviceView } from "../api/views/encryption.ts";

/** Sends an ephemeral event to all connections of these users, on every instance. */
export type SendToUsers = (userIds: string[], event: WireEvent) => void;

/**
 * Ephemeral notices to devices, next to the chat's events. Each is a pointer: a device that misses
 * one finds the same data by a request (welcomes, devices), so delivery is not required.
 */
export class EncryptionNotices {
  constructor(
    private readonly store: Pick<Store, "chats" | "memberships">,
    private readonly send: SendToUsers,
  ) {}

  welcomes(welcomes: Pick<StoredWelcome, "id" | "chatId" | "userId" | "deviceId">[]): void {
    for (const { id, chatId, userId, deviceId } of welcomes) {
      this.send([userId], { event: "mls.welcome", chatId, data: { id, chatId, deviceId } });
    }
  }

  keyPackagesLow(userId: string, deviceId: string, remaining: number): void {
    this.send([userId], { event: "mls.keyPackagesLow", data: { deviceId, remaining } });
  }

  /**
   * Notifies the user's own connections, and all users who share an encrypted chat with them.
   * Returns the number of the user's chats.
   */
  async devices(userId: string, devices: Device[], change: "added" | "removed"): Promise<number> {
    if (devices.length === 0) return 0;
    const { audience, chats } = await this.#audienceOf(userId);
    for (const device of devices) {
      const data = { change, device: deviceView(device) };
      this.send(audience, { event: "device.updated", data });
    }
    return chats;
  }

  async #audienceOf(userId: string): Promise<{ audience: string[]; chats: number }> {
    const memberships = await this.store.memberships.ofUser(userId);
    const present = memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
    const chats = (await this.store.chats.byIds(present)).filter((chat) => chat.encrypted);
    const people = new Set([userId]);
    for (const chat of chats) {
      for (const row of await this.store.memberships.ofChat(chat.id)) {
        if (row.leftAt === null) people.add(row.userId);
      }
    }
    return { audience: [...people], chats: memberships.length };
  }
}
