import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatClient, ConnectionState, LocalMessage } from "../../../client/mod.ts";
import type { ProfileView } from "../../../api/views/user.ts";
import { t } from "../texts/texts.ts";
import { announce } from "./announcer.ts";
import { ChatState } from "./chat.ts";
import { Drafts } from "./drafts.ts";
import { People } from "./people.ts";
import { Version } from "./version.ts";

/** Everything that the page shows of a person who is signed in. */
export class SignedIn {
  readonly connection = signal<ConnectionState>("idle");
  /** The connection was lost, and is not back yet. */
  readonly isOffline = signal(false);
  readonly me = signal<ProfileView | null>(null);
  /** Whether the list of chats is known. */
  readonly hasInbox = signal(false);
  readonly people: People;
  readonly drafts: Drafts;
  /** Most recent first. */
  readonly inbox: ReadonlySignal<ChatState[]>;
  readonly totalUnread: ReadonlySignal<number>;
  readonly #chats = new Map<string, ChatState>();
  readonly #list = new Version();
  readonly #listening = new AbortController();
  #isLeaving = false;

  /** `onEnd` is called once the session is over: asked for by the person, or not. */
  constructor(readonly client: ChatClient, private readonly onEnd: (isAsked: boolean) => void) {
    this.people = new People(client);
    this.drafts = new Drafts(client.userId);
    this.me.value = client.user;
    this.inbox = computed(() => this.#sorted());
    this.totalUnread = computed(() => {
      return this.inbox.value.reduce((sum, chat) => sum + chat.unread.value, 0);
    });
    client.on("state", (state) => this.#onState(state));
    client.on("signedOut", () => this.onEnd(this.#isLeaving));
    client.on("message", ({ chatId, message }) => this.#onMessage(chatId, message));
    client.on("fault", (error) => console.warn("Background work failed:", error));
    client.on("chat.notifications", ({ data }) => void this.#refreshItems([data.chatId]));
    client.model.on("chat", ({ chatId }) => this.#changed(chatId));
    client.model.on("chats", ({ chatId }) => this.#changed(chatId));
    client.on("user.updated", ({ data: user }) => {
      if (user.id === this.me.value?.id) this.me.value = { ...this.me.value, ...user };
    });
    // The browser knows of a network that comes or goes before the socket does.
    const { signal: until } = this.#listening;
    for (const name of ["online", "offline"]) {
      addEventListener(name, () => client.reconnect(), { signal: until });
    }
    client.connect();
  }

  chat(chatId: string): ChatState | undefined {
    this.#list.read();
    return this.#chats.get(chatId);
  }

  titleOf(chat: ChatState): string {
    if (chat.isGroup) return chat.details.value.name;
    const peerId = chat.peerId.value;
    return peerId === null ? "…" : this.people.nameOf(peerId);
  }

  async openDirect(userId: string): Promise<string> {
    const { id } = await this.client.openDirect(userId);
    const chat = this.#chatOf(id);
    if (chat) chat.peerId.value ??= userId;
    return id;
  }

  async createGroup(name: string, memberIds: string[]): Promise<string> {
    const { members, notAdded: _, ...chat } = await this.client.call("group.create", {
      name,
      memberIds,
    });
    this.client.model.putChat(chat);
    this.client.model.putMembers(chat.id, members);
    this.#chatOf(chat.id);
    return chat.id;
  }

  async signOut(): Promise<void> {
    this.#isLeaving = true;
    this.drafts.clear();
    await this.client.signOut();
  }

  async close(): Promise<void> {
    this.#listening.abort();
    await this.client.close();
  }

  #onState(state: ConnectionState): void {
    this.connection.value = state;
    if (state === "waiting" || state === "online") this.isOffline.value = state === "waiting";
    if (state === "online") void this.#refresh();
  }

  /** Unread counts, presence and blocks take no revision, so that no catch-up brings them. */
  async #refresh(): Promise<void> {
    try {
      await Promise.all([this.#refreshItems(), this.people.loadBlocked()]);
      const peers = [...this.#chats.values()].map((chat) => chat.peerId.peek());
      await this.people.watch(peers.filter((id) => id !== null));
    } catch (error) {
      console.warn("Refreshing the list of chats failed:", error);
    }
  }

  /** Of these chats alone, if they are named. */
  async #refreshItems(chatIds?: string[]): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.client.call("chat.inbox", { limit: 100, cursor });
      for (const { chat: { id }, unread, peerId, muted } of page.items) {
        if (chatIds && !chatIds.includes(id)) continue;
        const chat = this.#chatOf(id);
        if (!chat) continue;
        chat.unread.value = unread;
        chat.peerId.value = peerId;
        chat.isMuted.value = muted;
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    this.hasInbox.value = true;
  }

  #onMessage(chatId: string, message: LocalMessage): void {
    const chat = this.#chatOf(chatId);
    if (!chat || message.senderId === this.me.peek()?.id) return;
    chat.received(message);
    if (chat.peerId.peek() === null && !chat.isGroup) void this.#refreshItems([chatId]);
    if (this.people.blocked.peek().has(message.senderId) || message.deletedAt !== null) return;
    announce(t().announced(this.people.nameOf(message.senderId), message.text));
  }

  #changed(chatId: string): void {
    const chat = this.#chatOf(chatId);
    chat?.changed();
    chat?.recountUnread();
    this.#list.bump();
  }

  #chatOf(chatId: string): ChatState | undefined {
    let chat = this.#chats.get(chatId);
    if (chat || !this.client.model.chat(chatId)) return chat;
    chat = new ChatState(this.client, chatId);
    this.#chats.set(chatId, chat);
    this.#list.bump();
    return chat;
  }

  #sorted(): ChatState[] {
    this.#list.read();
    const chats = [...this.#chats.values()].filter((chat) => !chat.hasLeft.value);
    const ranked = chats.map((chat) => ({ chat, at: chat.lastActivity }));
    return ranked.sort((a, b) => b.at < a.at ? -1 : 1).map(({ chat }) => chat);
  }
}
