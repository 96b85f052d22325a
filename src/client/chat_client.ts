import type { ChatView } from "../api/views/chat.ts";
import type { MessageView } from "../api/views/message.ts";
import type { ProfileView } from "../api/views/user.ts";
import { ChatError } from "./chat_error.ts";
import { ChatSync } from "./chat_sync.ts";
import { type ChatClientOptions, type CheckedOptions, checkedOptions } from "./client_options.ts";
import { Emitter } from "./emitter.ts";
import type { EncryptionEvents } from "./encryption/context.ts";
import type { Encryption } from "./encryption/encryption.ts";
import type { ServerEvent, ServerEvents } from "./events.ts";
import { Files } from "./files.ts";
import { type KeyStore, memoryKeyStore } from "./mls/key_store.ts";
import { sealedStore } from "./mls/sealed_store.ts";
import { type LocalMessage, Model } from "./model.ts";
import { OperationCaller } from "./operation_caller.ts";
import { DEFAULT_TIMEOUT_MS, type Input, type OperationName, type Output, Rest } from "./rest.ts";
import type { SendContent } from "./draft_row.ts";
import { Sending } from "./sending.ts";
import { SignIn } from "./sign_in.ts";
import { ChatSocket, type ConnectionState, type HelloAnswer } from "./socket.ts";

export type ClientEvents =
  & { [Name in keyof ServerEvents]: { event: Name } & ServerEvents[Name] }
  & EncryptionEvents
  & {
    /** Whether there is a connection; see `ChatClient.state`. */
    state: ConnectionState;
    /** The session is over: sign in again. */
    signedOut: void;
    /** Something in the background failed, and will be tried again. */
    fault: unknown;
    /**
     * A message that is new here: live, or caught up on after a break. Each comes once, the caller's own
     * included; an encrypted one comes once it was read.
     */
    message: { chatId: string; message: LocalMessage };
  };

/**
 * A chat product's whole connection to the server: signs in, keeps a connection, keeps `model` in step, and
 * sends what is to be sent once, whenever there is a connection.
 */
export class ChatClient extends Emitter<ClientEvents> {
  readonly model = new Model(() => this.#signIn.personId);
  readonly files: Files;
  readonly #rest: Rest;
  readonly #signIn: SignIn;
  readonly #socket: ChatSocket;
  readonly #caller: OperationCaller;
  readonly #sync: ChatSync;
  readonly #sending: Sending;
  readonly #options: CheckedOptions;
  readonly #storage: KeyStore;
  #encryption: Encryption | null = null;
  #enabling: Promise<Encryption> | null = null;
  #hasInbox = false;
  /** The history that the cursors of `model` belong to. */
  #incarnation: string | null = null;

  /** Throws `misuse` for options that could never work. */
  constructor(given: ChatClientOptions) {
    super();
    const options = this.#options = checkedOptions(given);
    this.model.on("message", (news) => this.emit("message", news));
    this.#storage = options.storage ?? memoryKeyStore();
    this.#rest = new Rest(options);
    this.#signIn = new SignIn(this.#rest, this.#storage, () => this.#signedOut());
    this.files = new Files(this.#rest, this.#signIn);
    this.#sync = new ChatSync(this.model, {
      call: (name, input) => this.call(name, input),
      userId: () => this.#signIn.personId,
      onRows: (changes, after) => this.#encryption?.onRows(changes, after),
      onLeft: (chatId) => this.#encryption?.onLeft(chatId),
      onChat: (chatId) => this.#takeUp(chatId),
      onFault: (error) => this.emit("fault", error),
    });
    this.#sending = new Sending(this.model, this.#outboxStore(), {
      call: (name, input) => this.call(name, input),
      userId: () => this.#signIn.personId,
      encryption: () => this.#encryption,
      fetchChat: (chatId) => this.#sync.open(chatId),
      onFault: (error) => this.emit("fault", error),
    });
    this.#socket = new ChatSocket({
      token: (stale) => stale ? this.#signIn.refresh(stale) : this.#signIn.token(),
      cursors: () => this.#hasInbox ? this.#sync.cursors() : null,
      onHello: (hello) => this.#takeHello(hello),
      onEvent: (event) => this.#onEvent(event),
      onState: (state) => this.#onState(state),
    }, {
      url: `${options.url.replace(/^http/i, "ws")}/ws`,
      WebSocket: options.WebSocket,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    this.#caller = new OperationCaller(this.#rest, this.#signIn, this.#socket);
  }

  /** `online` once all that was missed is in the model. */
  get state(): ConnectionState {
    return this.#socket.state;
  }

  /** Null when nobody is signed in. */
  get user(): ProfileView | null {
    return this.#signIn.user;
  }

  get userId(): string {
    if (this.user) return this.user.id;
    throw new ChatError("signed_out", "Nobody is signed in");
  }

  /** Messages that wait to be sent. */
  get unsent(): number {
    return this.#sending.unsent;
  }

  /** Encrypted chats; `enableEncryption` comes first. */
  get encryption(): Encryption {
    if (this.#encryption) return this.#encryption;
    throw new ChatError("conflict", "Encrypted chats need enableEncryption first");
  }

  async register(account: Input<"auth.register">): Promise<ProfileView> {
    return await this.#signIn.begin(await this.#rest.call("auth.register", account));
  }

  /** `two_factor_required` carries no session yet: give its challenge to `answerChallenge`. */
  async signIn(
    credentials: Input<"auth.login">,
  ): Promise<{ user: ProfileView } | { challenge: string }> {
    const deviceToken = await this.#signIn.deviceToken();
    const answer = await this.#rest.call("auth.login", { deviceToken, ...credentials });
    if ("twoFactorRequired" in answer) return { challenge: answer.challenge };
    return { user: await this.#signIn.begin(answer) };
  }

  /** Takes what another way of signing in (a provider, a second factor) was answered. */
  async useSession(
    pair: {
      user: ProfileView;
      accessToken: string;
      refreshToken: string;
      expiresIn: number;
      deviceToken?: string;
    },
  ): Promise<ProfileView> {
    return await this.#signIn.begin(pair);
  }

  /** Takes up the session of an earlier run; null when there is none. */
  async resume(): Promise<ProfileView | null> {
    return await this.#signIn.resume();
  }

  async signOut(): Promise<void> {
    await this.call("auth.logout", {}).catch(() => {});
    await this.#signIn.end();
  }

  /**
   * Loads the chats and keeps a connection from here on. Resolves at once, so that what is stored can be
   * shown without a network; `online()` waits for it.
   */
  connect(): void {
    this.#socket.connect();
  }

  /** Resolves when there is a connection and nothing that was missed is missing any more. */
  online(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (state: ConnectionState) => {
        if (state === "refused") reject(new ChatError("signed_out", "The session has ended"));
        else if (state !== "online") return;
        else resolve();
        stop();
      };
      const stop = this.on("state", look);
      look(this.state);
    });
  }

  /** Breaks the connection, as a bad network does; it comes back by itself. */
  reconnect(): void {
    this.#socket.reconnect();
  }

  /** Stops everything; what was not sent is sent by the next run, if the storage lasts. */
  async close(): Promise<void> {
    this.#socket.close();
    this.#sending.pause();
    this.#sync.close();
    await this.#sync.idle();
    await this.#encryption?.close();
  }

  /**
   * Any operation of the server: over the socket where there is one, else over HTTP. Throws `offline`
   * when neither works.
   */
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    return this.#caller.call(name, input);
  }

  /** The direct chat with that person, made on first use. */
  async openDirect(userId: string): Promise<ChatView> {
    const { members, ...chat } = await this.call("chat.open", { userId });
    this.model.putChat(chat);
    this.model.putMembers(chat.id, members);
    return chat;
  }

  /** Shown in the model at once, and sent as soon as may be; resolves with the server's row. */
  send(chatId: string, content: SendContent): Promise<MessageView> {
    return this.#sending.send(chatId, content);
  }

  /**
   * Sends a message again that the server refused; `model` has it as `failed`, also after a restart. Throws
   * `not_found` if there is none.
   */
  resend(chatId: string, clientId: string): Promise<MessageView> {
    return this.#sending.resend(chatId, clientId);
  }

  /** Drops a message that the server refused. Throws `not_found` if there is none. */
  discard(chatId: string, clientId: string): Promise<void> {
    return this.#sending.discard(chatId, clientId);
  }

  edit(chatId: string, messageId: string, text: string): Promise<void> {
    return this.#sending.edit(chatId, messageId, text);
  }

  react(chatId: string, messageId: string, emoji: string, remove = false): Promise<void> {
    return this.#sending.react(chatId, messageId, emoji, remove);
  }

  /** In an encrypted chat, too, the server forgets the ciphertext and keeps a tombstone. */
  async delete(messageId: string): Promise<void> {
    await this.call("message.delete", { messageId });
  }

  /** Fetches the members and the newest messages: the inbox brings the last message only. */
  async openChat(chatId: string): Promise<void> {
    await this.#sync.open(chatId);
    if (this.#isEncrypted(chatId)) await this.#encryption?.showKnown(chatId);
  }

  /** Older messages, before the oldest that is here; false when there are none. */
  async loadOlder(chatId: string, limit = 50): Promise<boolean> {
    const mayBeMore = await this.#sync.loadOlder(chatId, limit);
    if (this.#isEncrypted(chatId)) await this.#encryption?.showKnown(chatId);
    return mayBeMore;
  }

  /**
   * Makes this a device for encrypted chats: its keys are made on first use, and kept in `storage` under
   * `deviceKey`. Without a key they would lie there in the open, so a storage of one's own needs one.
   */
  async enableEncryption(deviceName: string): Promise<Encryption> {
    this.#enabling ??= this.#enableEncryption(deviceName);
    try {
      return await this.#enabling;
    } catch (error) {
      this.#enabling = null;
      throw error;
    }
  }

  async #enableEncryption(deviceName: string): Promise<Encryption> {
    const { storage, deviceKey } = this.#options;
    if (storage && !deviceKey) {
      throw new ChatError("conflict", "Keeping keys in a storage needs a deviceKey to seal them");
    }
    // MLS is most of this library: whoever has no encrypted chats does not load it.
    const { Encryption } = await import("./encryption/encryption.ts");
    const encryption = await Encryption.open({
      call: (name, input) => this.call(name, input),
      userId: this.userId,
      model: this.model,
      storage: this.#storage,
      deviceKey,
      emit: (name, data) => this.emit(name, data as never),
      // What `close` interrupts is taken up by the next run.
      onFault: (error) => this.state === "idle" || this.emit("fault", error),
    }, deviceName);
    this.#encryption = encryption;
    if (this.state === "online") await this.#connected();
    return encryption;
  }

  #outboxStore(): KeyStore {
    const { deviceKey } = this.#options;
    return deviceKey ? sealedStore(this.#storage, deviceKey) : this.#storage;
  }

  #isEncrypted(chatId: string): boolean {
    return this.model.chat(chatId)?.chat.encrypted ?? false;
  }

  #onEvent(event: ServerEvent): void {
    this.#sync.onEvent(event);
    if (event.event === "mls.welcome") this.#encryption?.onWelcome(event.data.deviceId);
    if (event.event === "mls.keyPackagesLow") {
      this.#encryption?.onKeyPackagesLow(event.data.deviceId);
    }
    if (event.event === "device.updated") this.#encryption?.onDevice(event.data.change);
    this.emit(event.event, event as never);
  }

  #onState(state: ConnectionState): void {
    if (state === "online") void this.#connected();
    else {
      this.#sending.pause();
      this.model.forgetTyping();
    }
    this.emit("state", state);
    if (state === "refused") this.#signIn.end().catch((error) => this.emit("fault", error));
  }

  /** The first time, the inbox says which chats there are; from then on, sync says what has changed. */
  async #takeHello({ incarnation, sync }: HelloAnswer): Promise<void> {
    const isSameHistory = this.#incarnation === incarnation;
    if (this.#hasInbox && isSameHistory) return await this.#sync.takeSync(sync ?? null);
    if (this.#hasInbox) await this.#sync.startOver();
    else await this.#sync.loadInbox();
    this.#hasInbox = true;
    this.#incarnation = incarnation;
  }

  async #connected(): Promise<void> {
    try {
      await this.#encryption?.connected();
    } catch (error) {
      this.emit("fault", error);
    }
    try {
      await this.#sending.open(() => this.state === "online");
    } catch (error) {
      this.emit("fault", error);
    }
  }

  #takeUp(chatId: string): void {
    const chat = this.model.chat(chatId)?.chat;
    if (!this.#encryption || !chat?.encrypted || !chat.epoch) return;
    this.#encryption.takeUp(chatId).catch((error) => this.emit("fault", error));
  }

  #signedOut(): void {
    this.#socket.close();
    this.emit("signedOut", undefined);
  }
}
