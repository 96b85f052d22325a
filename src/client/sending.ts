import type { MessageView } from "../api/views/message.ts";
import { ChatError } from "./chat_error.ts";
import type { Call } from "./call.ts";
import { pendingRow, type SendContent } from "./pending_row.ts";
import type { Encryption } from "./encryption/encryption.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { MessageContent } from "./mls/message_content.ts";
import type { Model } from "./model.ts";
import { type Draft, Outbox } from "./outbox.ts";

/**
 * Content of the outbox: for an encrypted chat the plain content, which is encrypted when it is
 * sent.
 */
type Outgoing = { plain: SendContent } | { encrypted: MessageContent };

export interface SendingHost {
  call: Call;
  userId(): string;
  /** Null while it is not enabled. */
  encryption(): Encryption | null;
  /** True if it can be enabled, so that messages may wait for it in the storage. */
  mayEncrypt: boolean;
  /** Loads a chat that is not in the model into it. */
  fetchChat(chatId: string): Promise<void>;
  onFault(error: unknown): void;
}

/** Sends messages, edits and reactions to the server, plain or encrypted as the chat requires. */
export class Sending {
  readonly #outbox: Outbox<Outgoing>;
  #restoring: Promise<void> | null = null;

  constructor(
    private readonly model: Model,
    storage: KeyStore,
    private readonly host: SendingHost,
  ) {
    this.#outbox = new Outbox(storage, {
      userId: () => host.userId(),
      isReady: (draft) => this.#isReady(draft),
      send: (draft) => this.#deliver(draft),
      onSent: (draft, message) => this.#sent(draft, message),
      onFailed: (draft, error) => this.#failed(draft, error.message),
      onFault: (error) => host.onFault(error),
    });
  }

  get unsent(): number {
    return this.#outbox.size;
  }

  /** Shows the unsent messages of an earlier run, once. */
  restore(): Promise<void> {
    return this.#restoring ??= this.#restore().catch((error) => {
      this.#restoring = null;
      throw error;
    });
  }

  async #restore(): Promise<void> {
    for (const draft of await this.#outbox.load()) {
      this.#show(draft);
      if (draft.failure !== undefined) this.#failed(draft, draft.failure);
    }
  }

  /** Called on a connection: sends the waiting messages. */
  async open(isOnline: () => boolean): Promise<void> {
    await this.restore();
    if (isOnline()) this.#outbox.open();
  }

  pause(): void {
    this.#outbox.pause();
  }

  async send(chatId: string, content: SendContent): Promise<MessageView> {
    const clientId = newClientId();
    // Until encryption is enabled the content waits unchanged, and is encrypted when it is sent.
    const mayWait = this.host.encryption() === null && this.host.mayEncrypt;
    const outgoing = this.#isEncrypted(chatId) && !mayWait
      ? { encrypted: this.#sealable(chatId, clientId, content) }
      : { plain: content };
    const draft = { chatId, clientId, content: outgoing };
    this.#show(draft, content.replyTo);
    try {
      return await this.#outbox.add(draft);
    } catch (error) {
      this.#failed(draft, (error as Error).message);
      throw error;
    }
  }

  /** Sends a refused message again, unchanged. Throws `not_found` if none has that clientId. */
  async resend(chatId: string, clientId: string): Promise<MessageView> {
    this.model.patchPending(chatId, clientId, { status: "sending", failure: undefined });
    return await this.#outbox.resend(clientId);
  }

  /** Drops a refused message. Throws `not_found` if none has that clientId. */
  async discard(chatId: string, clientId: string): Promise<void> {
    await this.#outbox.discard(clientId);
    this.model.dropPending(chatId, clientId);
  }

  async edit(chatId: string, messageId: string, text: string): Promise<void> {
    await this.#know(chatId);
    if (!this.#isEncrypted(chatId)) {
      const message = await this.host.call("message.edit", { messageId, text });
      return this.model.putMessages(chatId, [message]);
    }
    const target = this.#encryption().targetOf(chatId, messageId);
    await this.#sendEffect(chatId, { kind: "edit", clientId: newClientId(), target, text });
  }

  async react(chatId: string, messageId: string, emoji: string, remove: boolean): Promise<void> {
    await this.#know(chatId);
    if (!this.#isEncrypted(chatId)) {
      const message = await this.host.call("message.react", { messageId, emoji, remove });
      return this.model.putMessages(chatId, [message]);
    }
    const target = this.#encryption().targetOf(chatId, messageId);
    await this.#sendEffect(chatId, {
      kind: "reaction",
      clientId: newClientId(),
      target,
      emoji,
      remove,
    });
  }

  /**
   * Also fetches a chat that is not loaded: nothing is sent unencrypted before it is known whether
   * the chat is encrypted.
   */
  async #know(chatId: string): Promise<void> {
    if (!this.model.chat(chatId)) await this.host.fetchChat(chatId);
    const knows = await this.host.encryption()?.hasGroup(chatId);
    if (!knows || this.#isEncrypted(chatId)) return;
    // An encrypted chat stays encrypted, whatever the server says later.
    throw new ChatError(
      "conflict",
      `The server says that chat ${chatId} is not encrypted, but it is`,
    );
  }

  #isEncrypted(chatId: string): boolean {
    return this.model.chat(chatId)?.chat.encrypted ?? false;
  }

  #encryption(): Encryption {
    const encryption = this.host.encryption();
    if (encryption) return encryption;
    throw new ChatError("conflict", "Cannot use encrypted chats: call enableEncryption first");
  }

  #sealable(chatId: string, clientId: string, content: SendContent): MessageContent {
    const { text = "", replyTo, mentions, files } = content;
    const encryption = this.#encryption();
    return {
      kind: "message",
      clientId,
      text,
      ...(replyTo && { replyTo: encryption.targetOf(chatId, replyTo) }),
      ...(mentions?.length && { mentions }),
      ...(files?.length && { files }),
    };
  }

  async #sendEffect(chatId: string, content: MessageContent): Promise<void> {
    const { clientId } = content;
    await this.#outbox.add({ chatId, clientId, content: { encrypted: content } });
  }

  /** An encrypted message of an earlier run waits until encryption is enabled in this one. */
  #isReady({ chatId, content }: Draft<Outgoing>): boolean {
    const isSealed = "encrypted" in content || this.#isEncrypted(chatId);
    return !isSealed || this.host.encryption() !== null;
  }

  async #deliver({ chatId, clientId, content }: Draft<Outgoing>): Promise<MessageView> {
    if ("encrypted" in content) return await this.#encryption().send(chatId, content.encrypted);
    await this.#know(chatId);
    if (!this.#isEncrypted(chatId)) {
      return await this.host.call("message.send", { ...content.plain, chatId, clientId });
    }
    // It was written before the chat was loaded. A temporary failure keeps it in its place.
    if (!this.host.encryption()) {
      throw new ChatError("unavailable", "Encryption is not enabled yet");
    }
    const sealable = this.#sealable(chatId, clientId, content.plain);
    return await this.#encryption().send(chatId, sealable);
  }

  #show({ chatId, clientId, content }: Draft<Outgoing>, replyTo?: string): void {
    const encrypted = "encrypted" in content;
    const shown = encrypted ? content.encrypted : content.plain;
    if ("kind" in shown && shown.kind !== "message") return;
    const { text, mentions, files } = shown;
    const ids = { chatId, clientId, senderId: this.host.userId(), encrypted };
    this.model.putPending(pendingRow(ids, { text, mentions, files, replyTo }));
  }

  #sent({ chatId, clientId }: Draft<Outgoing>, message: MessageView): void {
    this.model.dropPending(chatId, clientId);
    this.model.putMessages(chatId, [message]);
    if (message.kind !== "encrypted") return;
    this.host.encryption()?.showKnown(chatId).catch((error) => this.host.onFault(error));
  }

  #failed({ chatId, clientId }: Draft<Outgoing>, failure: string): void {
    this.model.patchPending(chatId, clientId, { status: "failed", failure });
  }
}

/** 128 random bits. */
function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
