import type { DeviceView } from "../../api/views/encryption.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import type { ChatGroups } from "./chat_groups.ts";
import type { EncryptionContext } from "./context.ts";

/**
 * Maximum random delay in milliseconds before committing a removal, so that not every device does
 * it at the same time.
 */
const PATIENCE_MS = 1_500;

/**
 * Removes the leaves of former members and of deleted devices: a device cannot commit its own
 * removal, so the remaining members do.
 */
export class StaleLeaves {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #isClosed = false;

  constructor(
    private readonly context: EncryptionContext,
    private readonly groups: ChatGroups,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Waits for a while, because another device may be faster. */
  removeLater(chatId: string): void {
    if (this.#isClosed || this.#timers.has(chatId)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(chatId);
      this.#remove(chatId).catch(this.onFault);
    }, Math.random() * PATIENCE_MS);
    this.#timers.set(chatId, timer);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #remove(chatId: string): Promise<void> {
    if (!this.context.model.chat(chatId)) return;
    const { items } = await this.context.call("device.ofChat", { chatId });
    const live = new Set(items.map((device: DeviceView) => device.id));
    const staleIn = (group: MlsGroup) => group.roster().filter((each) => !live.has(each.deviceId));
    const isStale = await this.groups.withGroup(chatId, (group) => staleIn(group).length > 0);
    if (!isStale) return;
    await this.groups.change(chatId, (group) => {
      const removeDeviceIds = staleIn(group).map(({ deviceId }) => deviceId);
      return removeDeviceIds.length > 0 ? { removeDeviceIds } : null;
    });
  }
}
