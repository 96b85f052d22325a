import type { Device } from "../model/device.ts";
import type { WireEvent } from "../model/event.ts";
import type { StoredWelcome } from "../model/handshake.ts";
import type { Store } from "../store/store.ts";
import { deviceView } from "../api/views/encryption.ts";

/** Sends an ephemeral event to all connections of these users, on every instance. */
export type SendToUsers = (userIds: string[], event: WireEvent) => void;

/**
 * What devices hear of beside the chat's own events. Each is a pointer: whoever misses it finds the
 * same by asking (welcomes, devices), so none of them has to arrive.
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

  /** To the person's own connections, and to everyone they share an encrypted chat with. */
  async devices(userId: string, devices: Device[], change: "added" | "removed"): Promise<void> {
    if (devices.length === 0) return;
    const audience = await this.#audienceOf(userId);
    for (const device of devices) {
      const data = { change, device: deviceView(device) };
      this.send(audience, { event: "device.updated", data });
    }
  }

  async #audienceOf(userId: string): Promise<string[]> {
    const memberships = await this.store.memberships.ofUser(userId);
    const present = memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
    const chats = (await this.store.chats.byIds(present)).filter((chat) => chat.encrypted);
    const people = new Set([userId]);
    for (const chat of chats) {
      for (const row of await this.store.memberships.ofChat(chat.id)) {
        if (row.leftAt === null) people.add(row.userId);
      }
    }
    return [...people];
  }
}
