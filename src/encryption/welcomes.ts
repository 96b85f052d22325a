import { notFound } from "../core/errors.ts";
import type { StoredWelcome } from "../model/handshake.ts";
import type { Store } from "../store/store.ts";
import { ownDevice } from "./devices.ts";
import { pageByLength } from "./page_by_length.ts";

/** Welcomes waiting for a device, which asks for them when it reconnects and acknowledges them. */
export class Welcomes {
  constructor(private readonly store: Pick<Store, "devices" | "handshakes">) {}

  /**
   * Oldest first, of long ones fewer than `limit`; acknowledging Welcomes makes room for the next
   * page.
   */
  async list(userId: string, deviceId: string, limit: number): Promise<StoredWelcome[]> {
    await ownDevice(this.store, userId, deviceId);
    const { items } = await pageByLength<StoredWelcome>(
      limit,
      (last, limit) => this.store.handshakes.welcomesFor(deviceId, limit, last?.id),
    );
    return items;
  }

  async taken(userId: string, deviceId: string, welcomeId: string): Promise<void> {
    await ownDevice(this.store, userId, deviceId);
    if (await this.store.handshakes.removeWelcome(deviceId, welcomeId)) return;
    throw notFound("welcome", welcomeId);
  }
}
