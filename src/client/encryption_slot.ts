import { ChatError } from "./chat_error.ts";
import type { Call } from "./call.ts";
import type { EncryptionContext } from "./encryption/context.ts";
import type { Encryption } from "./encryption/encryption.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { Model } from "./model.ts";
import { requireWebCrypto } from "./web_crypto.ts";

export interface EncryptionSlotHost {
  call: Call;
  userId(): string;
  model: Model;
  storage: KeyStore;
  /** True if `storage` lasts longer than the client, so that keys must be sealed in it. */
  isLasting: boolean;
  deviceKey?: CryptoKey;
  emit: EncryptionContext["emit"];
  onEnabled(): Promise<void> | undefined;
  onFault(error: unknown): unknown;
}

/** The encryption of a client, which is loaded when it is first enabled. */
export class EncryptionSlot {
  #current: Encryption | null = null;
  #enabling: Promise<Encryption> | null = null;

  constructor(private readonly host: EncryptionSlotHost) {}

  /** Null while it is not enabled. */
  get current(): Encryption | null {
    return this.#current;
  }

  /** Throws `conflict` while it is not enabled. */
  get(): Encryption {
    if (this.#current) return this.#current;
    throw new ChatError("conflict", "Cannot use encrypted chats: call enableEncryption first");
  }

  async enable(deviceName: string): Promise<Encryption> {
    this.#enabling ??= this.#open(deviceName);
    try {
      return await this.#enabling;
    } catch (error) {
      this.#enabling = null;
      throw error;
    }
  }

  async #open(deviceName: string): Promise<Encryption> {
    requireWebCrypto("enable encryption");
    const { isLasting, onEnabled, ...host } = this.host;
    if (isLasting && !host.deviceKey) {
      throw new ChatError(
        "conflict",
        "Cannot keep keys in the storage: pass a deviceKey to seal them",
      );
    }
    // MLS is most of this library: a program without encrypted chats does not load it.
    const { Encryption } = await import("./encryption/encryption.ts");
    this.#current = await Encryption.open({ ...host, userId: host.userId() }, deviceName);
    await onEnabled();
    return this.#current;
  }

  /** Joins a new chat if it is encrypted and its group exists. */
  takeUp(chatId: string): void {
    const chat = this.host.model.chat(chatId)?.chat;
    if (!this.#current || !chat?.encrypted || !chat.epoch) return;
    this.#current.takeUp(chatId).catch(this.host.onFault);
  }

  /** Restores the decrypted content of rows that have just arrived, if it was decrypted before. */
  async showKnown(chatId: string): Promise<void> {
    if (this.host.model.chat(chatId)?.chat.encrypted) await this.#current?.showKnown(chatId);
  }
}
