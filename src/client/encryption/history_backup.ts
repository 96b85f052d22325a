import { isPassing } from "../chat_error.ts";
import type { Bytes } from "../mls/encoding.ts";
import { View } from "../view.ts";
import type { EncryptionContext } from "./context.ts";
import { CURRENT, type HistoryBackupState, UNSAVED } from "./history_state.ts";
import type { HistoryTransfer } from "./history_transfer.ts";

/** Debounce in milliseconds: messages read within this window go into one request. */
const SAVE_AFTER_MS = 3_000;

/**
 * Keeps what this device has decrypted in a backup on the server, sealed under a recovery key that
 * only the user has: a new device reads the history with it. Each device writes separate parts. It
 * holds texts and the keys of files, and none of the device's own keys.
 *
 * A message that is deleted later stays in the backup until another one replaces it.
 *
 * ```ts ignore
 * import { formatRecoveryKey, generateRecoveryKey } from "realtimechat-client/encryption";
 *
 * const { history } = client.encryption;
 * const recoveryKey = generateRecoveryKey();
 * await history.turnOn(recoveryKey);
 * console.log("Write this down:", await formatRecoveryKey(recoveryKey));
 * assert.equal(history.state.getSnapshot(), "on");
 * ```
 */
export class HistoryBackup {
  readonly state: View<HistoryBackupState>;
  #state: HistoryBackupState = "unknown";
  #transfer: Promise<HistoryTransfer> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @internal */
  constructor(
    private readonly context: EncryptionContext,
    private readonly host: { onRestored(): Promise<void>; onFault(error: unknown): void },
  ) {
    this.state = new View(() => this.#state, () => {
      if (this.#state === "unknown") this.refresh().catch(host.onFault);
    });
  }

  /**
   * Takes up the backup of an earlier run.
   * @internal
   */
  async load(): Promise<void> {
    if (await this.context.store.read(CURRENT)) this.#move("on");
  }

  /**
   * Returns what is stored along with a decrypted message, so that it gets into the backup.
   * @internal
   */
  marksOf(name: string): Record<string, Bytes> {
    if (this.#state !== "on" && this.#state !== "full") return {};
    this.#saveLater();
    return { [UNSAVED + name]: Uint8Array.of(1) };
  }

  /** @internal */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await (await this.#transfer)?.idle();
    // A request that was in flight may have set it again.
    clearTimeout(this.#timer);
  }

  /**
   * Asks the server whether there is a backup.
   *
   * ```ts ignore
   * const { history } = client.encryption;
   * await history.refresh();
   * if (history.state.getSnapshot() === "locked") console.log("Enter the recovery key");
   * ```
   */
  async refresh(): Promise<void> {
    await (await this.#loaded()).refresh();
  }

  /**
   * Begins a backup with everything that this device has read, in place of an earlier one, which is
   * lost. Show the recovery key to the user once: there is no other way to read the backup.
   *
   * ```ts ignore
   * import { generateRecoveryKey } from "realtimechat-client/encryption";
   *
   * await client.encryption.history.turnOn(generateRecoveryKey());
   * ```
   */
  async turnOn(recoveryKey: Bytes): Promise<void> {
    await (await this.#loaded()).turnOn(recoveryKey);
    await this.save();
  }

  /**
   * Restores the history, and adds to the backup from now on; returns the number of messages that
   * this device did not know. Throws `not_found` if there is no backup, and an `MlsClientError`
   * with the code `unreadable` for another key.
   *
   * ```ts ignore
   * import { generateRecoveryKey } from "realtimechat-client/encryption";
   *
   * const recoveryKey = generateRecoveryKey();
   * await client.encryption.history.turnOn(recoveryKey);
   * // On a new device, after the user has entered the key: see `parseRecoveryKey`.
   * const messages = await client.encryption.history.restore(recoveryKey);
   * assert.equal(messages, 0);
   * ```
   */
  async restore(recoveryKey: Bytes): Promise<number> {
    const restored = await (await this.#loaded()).restore(recoveryKey);
    await this.host.onRestored();
    this.#saveLater();
    return restored;
  }

  /**
   * Deletes the backup on the server, for all of the user's devices.
   *
   * ```ts ignore
   * import { generateRecoveryKey } from "realtimechat-client/encryption";
   *
   * await client.encryption.history.turnOn(generateRecoveryKey());
   * await client.encryption.history.turnOff();
   * assert.equal(client.encryption.history.state.getSnapshot(), "off");
   * ```
   */
  async turnOff(): Promise<void> {
    await (await this.#loaded()).turnOff();
  }

  /**
   * Sends now what would be sent within seconds.
   *
   * ```ts ignore
   * await client.encryption.history.save();
   * ```
   */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await (await this.#loaded()).save();
  }

  #saveLater(): void {
    this.#timer ??= setTimeout(() => {
      this.save().catch((error) => {
        // Without a connection, the next message or the next run tries again.
        if (!isPassing(error)) this.host.onFault(error);
      });
    }, SAVE_AFTER_MS);
  }

  /** Most devices have no backup, and do not load it. */
  #loaded(): Promise<HistoryTransfer> {
    return this.#transfer ??= import("./history_transfer.ts").then(({ HistoryTransfer }) => {
      return new HistoryTransfer(this.context, (state) => this.#move(state));
    });
  }

  #move(state: HistoryBackupState): void {
    this.#state = state;
    if (state === "on") this.#saveLater();
    this.state.invalidate();
  }
}
