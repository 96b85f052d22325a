import { call, OfflineError } from "./api.js";
import { Chat } from "./chat.js";
import { Connection } from "./connection.js";
import { People } from "./people.js";

const PAGE = 50;
/** A little more than the server's own limit, for an end that was lost on the way. */
const TYPING_LASTS_MS = 8_000;

/**
 * What the signed-in person sees, kept up to date. Two events tell of it: `change`, whatever it was,
 * and `incoming`, a message of someone else's that has just come.
 */
export class Model extends EventTarget {
  people = new People();
  chats = new Map();
  /** Whose messages are not shown; the server delivers them, since others in a group hear them. */
  blocked = new Set();
  me = null;
  #connection = new Connection(() => this.#cursors());
  #catchingUp = new Map();
  #inboxRunning = null;
  #inboxNext = null;
  #notifying = false;

  constructor() {
    super();
    this.people.addEventListener("change", () => this.changed());
    const on = (name, listener) => this.#connection.addEventListener(name, listener);
    on("state", () => this.#onState());
    on("welcome", ({ detail }) => this.#welcome(detail));
    on("message", ({ detail }) => this.#hear(detail));
    on("end", () => this.dispatchEvent(new Event("end")));
  }

  /** The inbox first, whose revisions are the cursors for hello: what happens between comes with it. */
  async start() {
    await this.#loadInbox();
    this.#connection.open();
  }

  stop() {
    this.#connection.close();
  }

  get connectionState() {
    return this.#connection.state;
  }

  /** Most recent first. */
  get inbox() {
    return [...this.chats.values()].filter((chat) => !chat.hasLeft)
      .sort((a, b) => b.lastActivity < a.lastActivity ? -1 : 1);
  }

  titleOf(chat) {
    return chat.isGroup ? chat.details.name : this.people.nameOf(chat.peerId);
  }

  /** Those who are writing in a chat, but oneself. */
  typingIn(chat) {
    const since = Date.now() - TYPING_LASTS_MS;
    return [...chat.typing].filter(([, at]) => at > since).map(([userId]) => userId);
  }

  command(cmd, data) {
    return this.#connection.command(cmd, data);
  }

  /** Redraws once, however much has changed. */
  changed() {
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  /** Whoever looks at a chat needs its members, and more than its last message. */
  async open(chat) {
    if (chat.membersKnown || chat.opening) return;
    chat.opening = true;
    await Promise.all([this.#loadMembers(chat), chat.messages.size < 2 && this.loadOlder(chat)]);
    chat.opening = false;
  }

  async #loadMembers(chat) {
    const { members } = await call("GET", `/chats/${chat.id}`);
    for (const member of members) chat.setMember(member);
    chat.membersKnown = true;
    this.#watch(members.map(({ userId }) => userId));
    this.changed();
  }

  /** After a failure not before the next connection, or else each redraw would try again. */
  async loadOlder(chat) {
    if (!chat.hasOlder || chat.loading) return;
    chat.loading = true;
    const before = chat.oldest === Infinity ? "" : `&before=${chat.oldest}`;
    const { items, next } = await call("GET", `/messages/${chat.id}?limit=${PAGE}${before}`);
    chat.addHistory(items);
    chat.hasOlder = next !== null;
    chat.loading = false;
    this.changed();
  }

  /** Once for each seq and connection. */
  async markRead(chat, seq) {
    if (this.connectionState !== "online" || seq <= chat.marked) return;
    chat.marked = seq;
    chat.setReceipt(await this.command("chat.read", { chatId: chat.id, seq }));
    this.changed();
  }

  async openDirect(user) {
    this.people.add(user);
    const { id } = await call("POST", "/chats", { userId: user.id });
    await this.#know(id);
    return id;
  }

  async createGroup(name, users) {
    for (const user of users) this.people.add(user);
    const memberIds = users.map(({ id }) => id);
    const { id } = await call("POST", "/groups", { name, memberIds });
    await this.#know(id);
    return id;
  }

  /** Shown at once, and kept until the server has it; its clientId lets it be sent again safely. */
  send(chat, text, replyTo) {
    const clientId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    chat.pending.set(clientId, { clientId, text, replyTo, createdAt: new Date().toISOString() });
    this.changed();
    return this.#deliver(chat, clientId);
  }

  #onState() {
    if (this.connectionState === "online") this.#deliverPending();
    this.changed();
  }

  /** What was written without a connection, or lost its answer. One refusal keeps nothing else back. */
  #deliverPending() {
    for (const chat of this.chats.values()) {
      for (const clientId of [...chat.pending.keys()]) this.#deliver(chat, clientId);
    }
  }

  async #deliver(chat, clientId) {
    const pending = chat.pending.get(clientId);
    if (!pending) return;
    const { text, replyTo } = pending;
    try {
      const data = { chatId: chat.id, clientId, text, ...(replyTo && { replyTo }) };
      const message = await this.command("message.send", data);
      chat.pending.delete(clientId);
      // The event may come after its answer: then it finds the row here.
      if (message.rev <= chat.rev + 1) {
        chat.apply({ event: "message.created", ...message, data: message });
      } else this.#catchUp(chat);
    } catch (error) {
      // Without an answer it stays, and goes again with the next connection.
      if (error instanceof OfflineError) return;
      if (error.retryAfter) {
        setTimeout(() => this.#deliver(chat, clientId), error.retryAfter * 1000);
        return;
      }
      chat.pending.delete(clientId);
      throw error;
    } finally {
      this.changed();
    }
  }

  #cursors() {
    return Object.fromEntries([...this.chats.values()].map(({ id, rev }) => [id, rev]));
  }

  /** Once at a time; who asks while it is under way may need what it does not have yet. */
  #loadInbox() {
    const started = this.#inboxNext ?? (this.#inboxRunning ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.#inboxNext = null;
        return this.#inboxRunning = this.#readInbox();
      });
    return this.#inboxNext = started;
  }

  async #readInbox() {
    const known = new Set(this.chats.keys());
    let next = "";
    do {
      const page = await call("GET", `/chats?limit=100${next && `&cursor=${next}`}`);
      for (const item of page.items) this.#takeItem(item);
      next = page.next;
    } while (next);
    const fresh = [...this.chats.values()].filter(({ id }) => !known.has(id));
    this.#watch(fresh.map(({ peerId }) => peerId));
    this.changed();
  }

  #takeItem(item) {
    const chat = this.chats.get(item.chat.id);
    if (!chat || chat.hasLeft) return this.chats.set(item.chat.id, new Chat(item));
    chat.setMember(item.me);
    if (item.rev === chat.rev) chat.unread = item.unread;
  }

  #watch(userIds) {
    this.people.watch(userIds.filter(Boolean)).catch(() => {});
  }

  #welcome({ user, blockedUserIds, sync }) {
    const again = this.me !== null;
    this.me = user;
    this.people.add(user);
    this.blocked = new Set(blockedUserIds);
    for (const changes of sync?.items ?? []) this.#takeChanges(changes);
    for (const chat of this.chats.values()) chat.retry();
    this.changed();
    if (again) this.#refresh();
  }

  /** After a break: receipts and presence take no revision. */
  async #refresh() {
    await this.#loadInbox();
    this.#watch([...this.chats.values()].map(({ peerId }) => peerId));
    for (const chat of this.chats.values()) {
      if (chat.membersKnown && !chat.hasLeft) await this.#loadMembers(chat);
    }
  }

  #takeChanges(changes) {
    const chat = this.chats.get(changes.chatId);
    // A chat that is new here comes with the inbox, which gives the name and the unread count too.
    if (!chat) return;
    chat.applyChanges(changes);
    if (changes.more) this.#catchUp(chat);
  }

  #hear(event) {
    if (event.event === "resync") return this.#resync();
    if (event.event === "user.blocks") return this.#hearBlock(event.data);
    if (event.event === "user.updated") return this.#hearUser(event.data);
    if (event.event === "presence") return this.people.setPresence(event.data);
    const chat = this.chats.get(event.chatId);
    if (!chat) return event.rev && this.#know(event.chatId);
    if (event.rev) this.#hearDurable(chat, event);
    else this.#hearPassing(chat, event);
    this.changed();
  }

  #hearUser(user) {
    if (user.id === this.me?.id) this.me = { ...this.me, ...user };
    this.people.add(user);
    this.changed();
  }

  #hearBlock({ userId, blocked }) {
    if (blocked) this.blocked.add(userId);
    else this.blocked.delete(userId);
    this.changed();
  }

  #hearDurable(chat, event) {
    if (!chat.apply(event)) return this.#catchUp(chat);
    const isNews = event.event === "message.created" && event.data.senderId !== this.me?.id;
    if (isNews) this.dispatchEvent(new CustomEvent("incoming", { detail: event.data }));
    const hasCome = event.event === "member.updated" && event.data.userId === this.me?.id;
    if (hasCome && event.data.leftAt === null) this.#know(chat.id);
  }

  #hearPassing(chat, { event, data }) {
    if (event === "receipt.updated") {
      for (const receipt of [data, ...data.others ?? []]) chat.setReceipt(receipt);
    }
    if (event !== "typing") return;
    if (data.typing) chat.typing.set(data.userId, Date.now());
    else chat.typing.delete(data.userId);
    setTimeout(() => this.changed(), TYPING_LASTS_MS + 100);
  }

  async #know(chatId) {
    if (!this.chats.has(chatId) || this.chats.get(chatId).hasLeft) await this.#loadInbox();
  }

  async #resync() {
    await this.#loadInbox();
    for (const chat of this.chats.values()) this.#catchUp(chat);
  }

  /**
   * Asks for all rows after the cursor, until there are no more. One at a time for each chat: what
   * is heard of meanwhile may be too new for the answer on its way, and is asked for after it.
   */
  #catchUp(chat) {
    const running = this.#catchingUp.get(chat.id) ?? this.#fetchChanges(chat);
    this.#catchingUp.set(chat.id, running);
    return running;
  }

  async #fetchChanges(chat) {
    try {
      for (let more = true; more;) {
        const { heard } = chat;
        const changes = await this.command("chat.changes", { chatId: chat.id, after: chat.rev });
        chat.applyChanges(changes);
        more = changes.more || chat.heard > Math.max(heard, chat.rev);
        this.changed();
      }
    } catch (error) {
      // The next hello brings it.
      if (!(error instanceof OfflineError)) console.error("Catching up failed", error);
    } finally {
      this.#catchingUp.delete(chat.id);
    }
  }
}
