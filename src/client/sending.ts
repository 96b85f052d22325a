import type { MessageView } from "../api/views/message.ts";
import { ChatError } from "./chat_error.ts";
import type { Call } from "./call.ts";
import { changedBy } from "./message_change.ts";
import type { MessageChange, PendingChange } from "./pending_change.ts";
import { PendingChanges } from "./pending_changes.ts";
import { pendingRow, type SendContent } from "./pending_row.ts";
import type { Encryption } from "./encryption/encryption.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { MessageContent } from "./mls/message_content.ts";
import type { Model } from "./model.ts";
import { type Draft, Outbox } from "./outbox.ts";

/** The identity of a message within the encryption. */
type Target = { senderId: string; clientId: string };

/** A change of a message; `target` is absent if the message was not loaded. */
interface Changing {
  change: MessageChange;
  messageId: string;
  at: string;
  target?: Target;
}

/**
 * Content of the outbox: for an encrypted chat the plain content, which is encrypted when it is
 * sent.
 */
type Unsent = { plain: SendContent } | { encrypted: MessageContent } | Changing;

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

/** Sends messages and their changes to the server, plain or encrypted as the chat requires. */
export class Sending {
  readonly #outbox: Outbox<Unsent>;
  readonly #changes: PendingChanges;
  #restoring: Promise<void> | null = null;

  constructor(
    private readonly model: Model,
    storage: KeyStore,
    private readonly host: SendingHost,
  ) {
    this.#changes = new PendingChanges(model, () => host.userId());
    this.#outbox = new Outbox(storage, {
      userId: () => host.userId(),
      isReady: (draft) => this.#isReady(draft),
      send: (draft) => this.#deliver(draft),
      onSent: (draft, message) => this.#sent(draft, message),
      onFailed: (draft, error) => this.#failed(draft, error.message),
      onGone: (draft) => this.#drop(draft),
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
    const message = await this.#add({ chatId, clientId, content: outgoing }, content.replyTo);
    return message!;
  }

  /** Sends a refused message or change again. Throws `not_found` if none has that clientId. */
  async resend(chatId: string, clientId: string): Promise<MessageView | null> {
    this.model.patchPending(chatId, clientId, { status: "sending", failure: undefined });
    const change = this.#changes.find(clientId);
    if (change) this.#changes.put({ ...change, failure: undefined });
    return await this.#outbox.resend(clientId);
  }

  /** Drops a refused message or change. Throws `not_found` if none has that clientId. */
  async discard(clientId: string): Promise<void> {
    this.#drop(await this.#outbox.discard(clientId));
  }

  /** Shows the change immediately; resolves once the server has it. */
  async change(chatId: string, messageId: string, change: MessageChange): Promise<void> {
    const isSealed = this.#isEncrypted(chatId) && isSealable(change);
    if (isSealed && !this.host.mayEncrypt) this.#encryption();
    const message = this.model.message(chatId, messageId);
    const target = message && { senderId: message.senderId, clientId: message.clientId };
    const content = { change, messageId, at: new Date().toISOString(), target };
    await this.#add({ chatId, clientId: newClientId(), content });
  }

  async #add(draft: Draft<Unsent>, replyTo?: string): Promise<MessageView | null> {
    this.#show(draft, replyTo);
    try {
      return await this.#outbox.add(draft);
    } catch (error) {
      this.#failed(draft, (error as Error).message);
      throw error;
    }
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

  /** An encrypted message of an earlier run waits until encryption is enabled in this one. */
  #isReady({ chatId, content }: Draft<Unsent>): boolean {
    const isSealed = "encrypted" in content ||
      (this.#isEncrypted(chatId) && !("change" in content && !isSealable(content.change)));
    return !isSealed || this.host.encryption() !== null;
  }

  /** Returns null for a deletion, which has no row. */
  async #deliver(draft: Draft<Unsent>): Promise<MessageView | null> {
    const { chatId, clientId, content } = draft;
    if ("encrypted" in content) return await this.#encryption().send(chatId, content.encrypted);
    await this.#know(chatId);
    if ("change" in content) return await this.#deliverChange(draft, content);
    if (!this.#isEncrypted(chatId)) {
      return await this.host.call("message.send", { ...content.plain, chatId, clientId });
    }
    this.#requireEncryption();
    const sealable = this.#sealable(chatId, clientId, content.plain);
    return await this.#encryption().send(chatId, sealable);
  }

  /** It was written before the chat was loaded. A temporary failure keeps it in its place. */
  #requireEncryption(): void {
    if (this.host.encryption()) return;
    throw new ChatError("unavailable", "Encryption is not enabled yet");
  }

  /** The server ignores a repeated change, which has no effect. */
  async #deliverChange(
    { chatId, clientId }: Draft<Unsent>,
    { change, messageId: named, target }: Changing,
  ): Promise<MessageView | null> {
    const { call } = this.host;
    const messageId = this.#sentId(chatId, named);
    if (isSealable(change) && this.#isEncrypted(chatId)) {
      this.#requireEncryption();
      const about = target ?? this.#encryption().targetOf(chatId, messageId);
      const { mentions: _, ...sealed } = { mentions: [], ...change };
      return await this.#encryption().send(chatId, { ...sealed, clientId, target: about });
    }
    switch (change.kind) {
      case "edit":
        return await call("message.edit", {
          messageId,
          text: change.text,
          mentions: change.mentions,
        });
      case "reaction":
        return await call("message.react", {
          messageId,
          emoji: change.emoji,
          remove: change.remove,
        });
      case "pin":
        return await call("message.pin", { messageId, unpin: change.remove });
      case "delete":
        await call("message.delete", { messageId });
        return null;
    }
  }

  /** A change that was made before the message was sent names it by its clientId. */
  #sentId(chatId: string, messageId: string): string {
    const messages = this.model.chat(chatId)?.messages;
    if (!messages || messages.has(messageId)) return messageId;
    const userId = this.host.userId();
    const sent = [...messages.values()].find(({ clientId, senderId }) =>
      clientId === messageId && senderId === userId
    );
    return sent?.id ?? messageId;
  }

  #show(draft: Draft<Unsent>, replyTo?: string): void {
    const { chatId, clientId, content } = draft;
    if ("change" in content) return this.#changes.put(pendingChange(draft, content));
    const encrypted = "encrypted" in content;
    const shown = encrypted ? content.encrypted : content.plain;
    if ("kind" in shown && shown.kind !== "message") return;
    const ids = { chatId, clientId, senderId: this.host.userId(), encrypted };
    this.model.putPending(pendingRow(ids, { ...shown, replyTo }));
  }

  #sent(draft: Draft<Unsent>, message: MessageView | null): void {
    const { chatId, content } = draft;
    if (message) this.model.putMessages(chatId, [message]);
    else if ("change" in content) this.#settle(chatId, content);
    if (message?.kind !== "encrypted") return this.#drop(draft);
    const shown = this.host.encryption()?.showKnown(chatId) ?? Promise.resolve();
    shown.catch((error) => this.host.onFault(error)).finally(() => this.#drop(draft));
  }

  /** The event with the tombstone may be still to come. */
  #settle(chatId: string, { change, messageId: named, at }: Changing): void {
    const messageId = this.#sentId(chatId, named);
    const message = this.model.chat(chatId)?.messages.get(messageId);
    if (!message || message.deletedAt !== null) return;
    const { text, media, mentions, reactions, replyTo, pinnedAt, deletedAt } = changedBy(
      message,
      { ...change, at },
      this.host.userId(),
    );
    const patch = { text, media, mentions, reactions, replyTo, pinnedAt, deletedAt };
    this.model.patchMessage(chatId, messageId, patch);
  }

  #drop(draft: Draft<Unsent>): void {
    const { chatId, clientId, content } = draft;
    if ("change" in content) this.#changes.drop(pendingChange(draft, content));
    else this.model.dropPending(chatId, clientId);
  }

  #failed(draft: Draft<Unsent>, failure: string): void {
    const { chatId, clientId, content } = draft;
    if ("change" in content) this.#changes.put({ ...pendingChange(draft, content), failure });
    else this.model.patchPending(chatId, clientId, { status: "failed", failure });
  }
}

function pendingChange(
  { chatId, clientId }: Draft<Unsent>,
  { change, messageId, at }: Changing,
): PendingChange {
  return { ...change, chatId, messageId, clientId, at };
}

/** In an encrypted chat, edits and reactions are encrypted; deletions and pins are not. */
function isSealable(
  change: MessageChange,
): change is Extract<MessageChange, { kind: "edit" | "reaction" }> {
  return change.kind === "edit" || change.kind === "reaction";
}

/**
 * Milliseconds since 1970 and 64 random bits: unique among a sender's messages in a chat, and in
 * the order in which the server's index of them grows.
 */
function newClientId(): string {
  const bytes = new Uint8Array(8);
  const random = [...globalThis.crypto?.getRandomValues(bytes) ?? bytes.map(anyByte)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return Date.now().toString(36) + random;
}

/** For React Native, which has no `crypto`: the id has to be unique, not secret. */
function anyByte(): number {
  return Math.floor(Math.random() * 256);
}
