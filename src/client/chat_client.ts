import type { ChatView } from "../api/views/chat.ts";
import type { MessageView } from "../api/views/message.ts";
import { ChatError } from "./chat_error.ts";
import { ChatSync } from "./chat_sync.ts";
import type { ChatClientOptions } from "./client_options.ts";
import { ContactRequests } from "./contact_requests.ts";
import type { Conversation } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import { Drafts } from "./drafts.ts";
import type { Encryption } from "./encryption/encryption.ts";
import { EncryptionSlot } from "./encryption_slot.ts";
import type { ServerEvent } from "./events.ts";
import { Files } from "./files.ts";
import { explainUnopened, untilOnline } from "./going_online.ts";
import type { HistoryWindow } from "./history_window.ts";
import { Inbox } from "./inbox.ts";
import type { LocalMessage } from "./local_chat.ts";
import type { MessageChange } from "./pending_change.ts";
import type { KeyStore } from "./mls/key_store.ts";
import { Model } from "./model.ts";
import type { ModelStorage } from "./model_storage.ts";
import { OperationCaller } from "./operation_caller.ts";
import type { Outgoing } from "./outgoing.ts";
import type { OwnTyping } from "./own_typing.ts";
import { People } from "./people.ts";
import { DEFAULT_TIMEOUT_MS, type Input, type OperationName, type Output } from "./rest.ts";
import type { SendContent } from "./pending_row.ts";
import { routeEvent } from "./route_event.ts";
import { SessionClient } from "./session_client.ts";
import { ChatSocket, type ConnectionState, type HelloAnswer } from "./socket.ts";
import { sealedStore } from "./storage.ts";
import { View } from "./view.ts";

/**
 * The complete connection of a chat product to the server: signs in, keeps a connection, keeps the
 * data of a screen up to date, and sends each message exactly once, as soon as there is a
 * connection.
 *
 * A screen shows views (`inbox`, `chat(id).messages`, `people.view(id)`, `failed`, …): each has
 * `getSnapshot` and `subscribe`, as React's `useSyncExternalStore` expects.
 *
 * ```ts ignore
 * import { ChatClient } from "realtimechat-client";
 *
 * const client = new ChatClient({ url });
 * await client.register({
 *   username: "cleo",
 *   email: "cleo@example.org",
 *   password: "correct horse battery",
 * });
 * client.connect();
 * await client.online();
 * assert.equal(client.state, "online");
 * await client.close();
 * ```
 */
export class ChatClient extends SessionClient {
  readonly model = new Model(() => this.session.personId);
  /** Names, pictures and presence of users, and the users whom the caller has blocked. */
  readonly people: People;
  /** Unsent drafts, by chat. */
  readonly drafts = new Drafts();
  /** The list of chats, the most recent first. */
  readonly inbox: Inbox;
  /** Requests for consent that wait for the caller's answer. */
  readonly requests: ContactRequests;
  /**
   * Messages, and changes of messages, that the server has refused: see `resend` and `discard`. An
   * entry with a `change` is the message as it would be.
   */
  readonly failed: View<readonly LocalMessage[]> = new View(() => this.model.failed());
  /** `state`, as a view. */
  readonly connection: View<ConnectionState> = new View(() => this.state);
  readonly files: Files;
  readonly #socket: ChatSocket;
  readonly #caller: OperationCaller;
  readonly #sync: ChatSync;
  readonly #encryption: EncryptionSlot;
  #typing: Promise<OwnTyping> | undefined;
  /** Undefined until a user has signed in. */
  #outgoing: Outgoing | undefined;
  readonly #conversations = new Conversations(this);
  /** Null until a user has signed in, and if the storage does not last. */
  #kept: ModelStorage | null = null;
  /** The history that the cursors of `model` belong to; null until the chats are loaded. */
  #incarnation: string | null = null;

  /** Throws `misuse` for options that can never work. */
  constructor(given: ChatClientOptions) {
    super(given);
    const { options } = this;
    this.files = new Files(this.rest, this.session, this.storage);
    const call: ChatClient["call"] = (name, input) => this.call(name, input);
    const userId = () => this.session.personId;
    const isOnline = () => this.state === "online";
    const onFault = (error: unknown) => void this.emit("fault", error);
    const host = { call, userId, onFault };
    const { model } = this;
    this.people = new People(call, onFault);
    this.requests = new ContactRequests(call, onFault);
    this.inbox = new Inbox(model, this.people, this.drafts, {
      userId,
      refresh: () => isOnline() && this.#sync.refreshSoon(),
    });
    this.#encryption = new EncryptionSlot({
      ...host,
      model,
      storage: this.storage,
      isLasting: options.storage !== undefined,
      deviceKey: options.deviceKey,
      emit: (name, data) => void this.emit(name, data as never),
      // Work that `close` interrupts is resumed by the next run.
      onFault: (error) => this.state === "idle" || this.emit("fault", error),
      onEnabled: () => this.state === "online" ? this.#connected() : undefined,
    });
    this.#sync = new ChatSync(model, {
      ...host,
      onRows: (changes, after) => this.#encryption.current?.onRows(changes, after),
      onLeft: (chatId) => this.#encryption.current?.onLeft(chatId),
      onChat: (chatId) => this.#encryption.takeUp(chatId),
    });
    this.#socket = this.#newSocket();
    this.#caller = new OperationCaller(this.rest, this.session, this.#socket);
    this.#watchModel();
  }

  #newSocket(): ChatSocket {
    const { url, WebSocket, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    return new ChatSocket({
      token: (stale) => this.session.connectionToken(stale),
      cursors: () => this.#incarnation === null ? null : this.#sync.cursors(),
      onHello: (hello) => this.#takeHello(hello),
      onEvent: (event) => this.#onEvent(event),
      onState: (state) => this.#onState(state),
      onUnopened: (again) => void explainUnopened(this, { rest: this.rest, url, again }),
    }, { url: `${url.replace(/^http/i, "ws")}/ws`, WebSocket, timeoutMs });
  }

  #watchModel(): void {
    this.model.on("message", (news) => {
      const handled = this.emit("message", news);
      if (handled) void this.#kept?.hold(news.chatId, handled);
    });
    this.model.on("chat", () => this.failed.invalidate());
  }

  /** `online` once all missed changes are in the model. */
  get state(): ConnectionState {
    return this.#socket.state;
  }

  /** Number of messages, and changes of messages, that wait to be sent. */
  get unsent(): number {
    return this.#outgoing?.sending.unsent ?? 0;
  }

  /** Encrypted chats; requires `enableEncryption` first. */
  get encryption(): Encryption {
    return this.#encryption.get();
  }

  /**
   * Loads the chats and keeps a connection from now on. Returns immediately, so that stored data
   * can be shown without a network; `online()` waits for the connection.
   *
   * ```ts ignore
   * client.reconnect();
   * client.connect();
   * await client.online();
   * ```
   */
  connect(): void {
    this.#socket.connect();
  }

  /**
   * Resolves once there is a connection and all missed changes are loaded. Waits for the network
   * without a limit, but rejects if the session is over (`signed_out`), or for a fault that does
   * not pass by itself: a URL that is not the server's (`bad_answer`), a proxy or an origin that is
   * not configured (`misuse`).
   *
   * ```ts ignore
   * await client.online();
   * assert.equal(client.connection.getSnapshot(), "online");
   * ```
   */
  online(): Promise<void> {
    return untilOnline(this);
  }

  /**
   * Breaks the connection, as a bad network does; the client reconnects by itself.
   *
   * ```ts ignore
   * client.reconnect();
   * await client.online();
   * assert.equal(client.state, "online");
   * ```
   */
  reconnect(): void {
    this.#socket.reconnect();
  }

  /**
   * Stops everything; unsent messages are sent by the next run, if the storage lasts.
   *
   * ```ts ignore
   * await client.close();
   * assert.equal(client.state, "idle");
   * ```
   */
  async close(): Promise<void> {
    this.#socket.close();
    this.#outgoing?.pause();
    this.#sync.close();
    const fetched = this.people.close();
    this.files.close();
    (await this.#typing)?.stop();
    await this.#sync.idle();
    await this.#encryption.current?.close();
    await fetched;
    await this.#kept?.save();
  }

  /**
   * Calls any operation of the server: over the socket if it is connected, otherwise over HTTP.
   * Throws `offline` if neither works.
   *
   * ```ts ignore
   * const { items } = await client.call("message.search", { q: "hello", chatId });
   * assert.equal(items[0].text, "Hello");
   * ```
   */
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    return this.#caller.call(name, input);
  }

  /**
   * Returns the direct chat with a user, creating it on first use.
   *
   * ```ts ignore
   * const chat = await client.openDirect(friend.userId);
   * assert.equal(chat.kind, "direct");
   * await client.send(chat.id, { text: "Hi" });
   * ```
   */
  async openDirect(userId: string): Promise<ChatView> {
    const { members, ...chat } = await this.call("chat.open", { userId });
    this.model.putChat(chat);
    this.model.putMembers(chat.id, members);
    return chat;
  }

  /**
   * Shows the message in the model immediately and sends it as soon as possible; resolves with the
   * server's row.
   *
   * ```ts ignore
   * const sent = await client.send(chatId, { text: "Hello, too", replyTo: messageId });
   * assert.equal(sent.replyTo, messageId);
   * ```
   */
  async send(chatId: string, content: SendContent): Promise<MessageView> {
    return await this.requireSignedIn().sending.send(chatId, content);
  }

  /**
   * Sends a message, or a change of one, again that the server has refused; `failed` has it, also
   * after a restart. Resolves with the message's row, or null for a deletion. Throws `not_found` if
   * there is none.
   *
   * ```ts ignore
   * for (const { chatId, clientId } of client.failed.getSnapshot()) {
   *   await client.resend(chatId, clientId);
   * }
   * await assert.rejects(client.resend(chatId, "unknown"), { code: "not_found" });
   * ```
   */
  async resend(chatId: string, clientId: string): Promise<MessageView | null> {
    return await this.requireSignedIn().sending.resend(chatId, clientId);
  }

  /**
   * Drops a message, or a change of one, that the server has refused. Throws `not_found` if there is none.
   *
   * ```ts ignore
   * for (const { chatId, clientId } of client.failed.getSnapshot()) {
   *   await client.discard(chatId, clientId);
   * }
   * await assert.rejects(client.discard(chatId, "unknown"), { code: "not_found" });
   * ```
   */
  async discard(_chatId: string, clientId: string): Promise<void> {
    await this.requireSignedIn().sending.discard(clientId);
  }

  /**
   * Changes the text of a message of the caller. As every change of a message, it is shown
   * immediately, waits in the storage while there is no connection, and is refused like a message;
   * the promise resolves once the server has it.
   *
   * ```ts ignore
   * const { id } = await client.send(chatId, { text: "Helo" });
   * await client.edit(chatId, id, "Hello");
   * ```
   */
  edit(chatId: string, messageId: string, text: string, mentions?: string[]): Promise<void> {
    return this.#change(chatId, messageId, { kind: "edit", text, mentions });
  }

  /**
   * Adds a reaction to a message, or removes it.
   *
   * ```ts ignore
   * await client.react(chatId, messageId, "👍");
   * await client.react(chatId, messageId, "👍", true);
   * ```
   */
  react(chatId: string, messageId: string, emoji: string, remove = false): Promise<void> {
    return this.#change(chatId, messageId, { kind: "reaction", emoji, remove });
  }

  /**
   * Pins a message, or unpins it.
   *
   * ```ts ignore
   * await client.pin(chatId, messageId);
   * assert.ok(client.model.message(chatId, messageId)!.pinnedAt);
   * await client.pin(chatId, messageId, true);
   * ```
   */
  pin(chatId: string, messageId: string, remove = false): Promise<void> {
    return this.#change(chatId, messageId, { kind: "pin", remove });
  }

  /**
   * In an encrypted chat, too, the server deletes the ciphertext and keeps a tombstone.
   *
   * ```ts ignore
   * const { id } = await client.send(chatId, { text: "Sent by mistake" });
   * await client.delete(id);
   * ```
   */
  async delete(messageId: string): Promise<void> {
    const chats = [...this.model.chats.values()];
    const chatId = chats.find(({ messages }) => messages.has(messageId))?.chat.id;
    if (chatId) await this.#change(chatId, messageId, { kind: "delete" });
    else await this.call("message.delete", { messageId });
  }

  async #change(chatId: string, messageId: string, change: MessageChange): Promise<void> {
    await this.requireSignedIn().sending.change(chatId, messageId, change);
  }

  /**
   * Returns one chat as a screen shows it: its messages, members, draft and typing members.
   *
   * ```ts ignore
   * const chat = client.chat(chatId);
   * const unsubscribe = chat.messages.subscribe(() => {
   *   const { rows } = chat.messages.getSnapshot();
   *   console.log(rows.map(({ text }) => text));
   * });
   * await chat.send({ text: "Hello" });
   * unsubscribe();
   * ```
   */
  chat(chatId: string): Conversation {
    return this.#conversations.get(chatId);
  }

  /**
   * Marks messages up to `seq` as read; without it, all loaded messages. Takes effect locally
   * immediately, and on the server as soon as there is a connection. Does nothing while no user is
   * signed in: a screen may call it before.
   *
   * ```ts ignore
   * await client.openChat(chatId);
   * client.markRead(chatId);
   * assert.equal(client.inbox.row(chatId)!.unread, 0);
   * ```
   */
  markRead(chatId: string, seq?: number): void {
    this.#outgoing?.readMarks.mark(chatId, seq);
  }

  /**
   * Call it on every key press: notifies the other members that the caller is typing, as rarely as
   * possible.
   *
   * ```ts ignore
   * client.signalTyping(chatId, true);
   * client.signalTyping(chatId, false);
   * ```
   */
  signalTyping(chatId: string, isTyping: boolean): void {
    this.#typing ??= import("./own_typing.ts").then((each) => new each.OwnTyping(this));
    this.#typing.then((typing) => typing.signal(chatId, isTyping), () => this.#typing = undefined);
  }

  /**
   * Fetches the members and the newest messages: the inbox contains only the last message.
   *
   * ```ts ignore
   * await client.openChat(chatId);
   * assert.equal(client.chat(chatId).messages.getSnapshot().rows.at(-1)!.text, "Hello");
   * ```
   */
  async openChat(chatId: string): Promise<void> {
    await this.#sync.open(chatId);
    await this.#encryption.showKnown(chatId);
  }

  /**
   * Loads messages older than the oldest loaded one; false if there are none.
   *
   * ```ts ignore
   * await client.openChat(chatId);
   * while (await client.loadOlder(chatId, 100));
   * assert.equal(client.chat(chatId).messages.getSnapshot().hasOlder, false);
   * ```
   */
  async loadOlder(chatId: string, limit = 50): Promise<boolean> {
    const mayBeMore = await this.#sync.loadOlder(chatId, limit);
    await this.#encryption.showKnown(chatId);
    return mayBeMore;
  }

  /**
   * Loads the messages around a place in the history, without those between it and the newest: for
   * a search result, a pinned message or a quote. `seq` is that of the message.
   *
   * ```ts ignore
   * const { items } = await client.call("message.search", { q: "hello", chatId });
   * const history = await client.around(chatId, items[0].seq);
   * assert.ok(history.view.getSnapshot().rows.some(({ id }) => id === items[0].id));
   * history.close();
   * ```
   */
  async around(chatId: string, seq: number, limit = 50): Promise<HistoryWindow> {
    const { HistoryWindow } = await import("./history_window.ts");
    const history = new HistoryWindow(
      {
        model: this.model,
        call: (name, input) => this.call(name, input),
        openChat: (id) => this.openChat(id),
        onLoaded: (id) => this.#encryption.showKnown(id),
      },
      chatId,
      seq,
    );
    await history.open(limit);
    return history;
  }

  /**
   * Makes this client a device for encrypted chats: its keys are created on first use, and kept in
   * `storage`, sealed with `deviceKey`. Without a key they would be stored in plain text, so a
   * custom storage needs one.
   *
   * ```ts ignore
   * const encryption = await client.enableEncryption("Ann's laptop");
   * assert.equal(client.encryption, encryption);
   * ```
   */
  enableEncryption(deviceName: string): Promise<Encryption> {
    return this.#encryption.enable(deviceName);
  }

  #sealable(): KeyStore {
    const { deviceKey } = this.options;
    return deviceKey ? sealedStore(this.storage, deviceKey) : this.storage;
  }

  #onEvent(event: ServerEvent): void {
    this.#sync.onEvent(event);
    const { people, session, requests } = this;
    routeEvent(event, { people, session, requests, encryption: this.#encryption.current });
    this.emit(event.event, event as never);
  }

  #onState(state: ConnectionState): void {
    if (state === "online") void this.#connected();
    else {
      this.#outgoing?.pause();
      this.model.typing.clear();
    }
    this.connection.invalidate();
    this.emit("state", state);
    if (state === "refused") this.session.end().catch((error) => this.emit("fault", error));
  }

  /** The first time, the inbox lists the chats; from then on, sync lists the changes. */
  async #takeHello({ incarnation, sync, user, blockedUserIds }: HelloAnswer): Promise<void> {
    await this.greeted(user);
    this.session.update(user);
    this.people.put(user);
    this.people.setBlocked(blockedUserIds);
    if (this.#incarnation === incarnation) return await this.#sync.takeSync(sync ?? null);
    if (this.#incarnation !== null) await this.#sync.startOver();
    else await this.#sync.loadInbox();
    this.#incarnation = incarnation;
    this.#kept?.mark("head");
  }

  async #connected(): Promise<void> {
    this.#outgoing?.connected();
    this.requests.refresh();
    this.#conversations.connected();
    const tasks = [
      () => this.#encryption.current?.connected(),
      () => this.#outgoing?.open(),
      () => this.people.connected(),
    ];
    for (const task of tasks) {
      try {
        await task();
      } catch (error) {
        this.emit("fault", error);
      }
    }
  }

  /** Also deletes the stored chats, but not unsent messages and keys. */
  override async signOut(): Promise<void> {
    await super.signOut();
    await this.#kept?.clear();
  }

  /** @internal */
  protected override async began(): Promise<void> {
    const outgoing = this.#outgoing ??= await this.#newOutgoing();
    const { storage, persist = true } = this.options;
    if (storage && persist && !this.#kept) await this.#restore(outgoing);
    await outgoing.sending.restore();
    if (this.state === "online") await outgoing.open();
  }

  async #newOutgoing(): Promise<Outgoing> {
    const { options, session } = this;
    const { Outgoing } = await import("./outgoing.ts");
    return this.#outgoing ?? new Outgoing(this.model, this.#sealable(), {
      call: (name, input) => this.call(name, input),
      userId: () => session.personId,
      isOnline: () => this.state === "online",
      onFault: (error) => void this.emit("fault", error),
      encryption: () => this.#encryption.current,
      mayEncrypt: !options.storage || options.deviceKey !== undefined,
      fetchChat: (chatId) => this.#sync.open(chatId),
    });
  }

  /** @internal */
  requireSignedIn(): Outgoing {
    if (this.#outgoing) return this.#outgoing;
    throw new ChatError("signed_out", "Nobody is signed in");
  }

  async #restore({ readMarks }: Outgoing): Promise<void> {
    const { ModelStorage } = await import("./model_storage.ts");
    this.#kept = new ModelStorage(this, {
      storage: this.#sealable(),
      readMarks,
      incarnation: () => this.#incarnation,
    });
    this.#incarnation = await this.#kept.restore();
  }

  /** @internal */
  protected override ended(): void {
    this.#socket.close();
    this.emit("signedOut", undefined);
  }
}
