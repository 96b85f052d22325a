import { toTimestamp } from "../core/clock.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";
import type { Devices } from "./devices.ts";

/** A user's encryption devices. The user's messages are ciphertext, and belong to the chats. */
export class DevicePersonalData implements PersonalData {
  readonly name = "encryption devices";

  constructor(private readonly devices: Devices) {}

  sections(userId: string): ExportSection[] {
    return [{ name: "encryptionDevices", rows: this.#rows(userId) }];
  }

  /**
   * Deletes the devices with their key packages and Welcomes. Members are notified, so that one of
   * them commits the removal of the leaves.
   */
  async erase(userId: string): Promise<void> {
    await this.devices.removeAllOf(userId);
  }

  async *#rows(userId: string): AsyncIterable<unknown> {
    for (const { id, name, signatureKey, createdAt } of await this.devices.list(userId)) {
      yield { id, name, signatureKey, createdAt: toTimestamp(createdAt) };
    }
  }
}
