import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ConnectionState, InboxRow, Input, LocalMessage } from "../../../client/mod.ts";
import type { ProfileView } from "../../../api/views/user.ts";
import { t } from "../texts/texts.ts";
import { announce } from "./announcer.ts";
import { ChatState } from "./chat.ts";
import { Drafts } from "./drafts.ts";
import { Kept } from "./kept.ts";
import type { PageClient } from "./page_client.ts";
import { People } from "./people.ts";
import { signalOf } from "./signal_of.ts";

/** Everything that the page shows of a person who is signed in. */
export class SignedIn {
  readonly connection = signal<ConnectionState>("idle");
  /** The connection was lost, and is not back yet. */
  readonly isOffline = signal(false);
  readonly me = signal<ProfileView | null>(null);
  /** Whether the list of chats is known. */
  readonly hasInbox = signal(false);
  /** Number of the person's unread notifications; messages are not counted. */
  readonly unreadNotifications = signal(0);
  readonly people: People;
  /** Texts that were begun and not sent, by chat. */
  readonly drafts: Drafts;
  /** Everything else that is kept in this browser: emoji used last, and such. */
  readonly kept: Kept;
  /** Ids of messages that are hidden until they are deleted. */
  readonly deleting: Signal<ReadonlySet<string>>;
  /** Most recent first. */
  readonly inbox: ReadonlySignal<readonly InboxRow[]>;
  readonly totalUnread: ReadonlySignal<number>;
  readonly #chats = new Map<string, ChatState>();
  readonly #listening = new AbortController();
  #isLeaving = false;

  /** `onEnd` is called once the session is over: asked for by the person, or not. */
  constructor(readonly client: PageClient, private readonly onEnd: (isAsked: boolean) => void) {
    this.people = new People(client);
    this.drafts = new Drafts(client, this.#listening.signal);
    this.kept = new Kept(`realtimechat.kept.${client.userId}.`);
    this.deleting = signal(new Set(this.kept.read("deleting").split(" ").filter(Boolean)));
    this.me.value = client.user;
    this.inbox = signalOf(client.inbox);
    this.totalUnread = computed(() => {
      return this.inbox.value.reduce((sum, { unread, muted }) => sum + (muted ? 0 : unread), 0);
    });
    client.on("state", (state) => this.#onState(state));
    client.on("signedOut", () => this.onEnd(this.#isLeaving));
    client.on("message", ({ message }) => this.#onMessage(message));
    client.on("fault", (error) => console.warn("Background work failed:", error));
    client.on("user.updated", () => this.me.value = client.user);
    for (const name of ["chat", "chats"] as const) {
      client.model.on(name, ({ chatId }) => this.#chats.get(chatId)?.changed());
    }
    // The browser knows of a network that comes or goes before the socket does.
    const { signal: until } = this.#listening;
    for (const name of ["online", "offline"]) {
      addEventListener(name, () => client.reconnect(), { signal: until });
    }
    client.connect();
  }

  chat(chatId: string): ChatState {
    let chat = this.#chats.get(chatId);
    if (!chat) {
      this.#chats.set(chatId, chat = new ChatState(this.client, chatId, this.deleting));
      const { text } = chat;
      const read = () => text.value = this.drafts.read(chatId);
      this.client.drafts.view(chatId).subscribe(read);
      read();
    }
    return chat;
  }

  /** Resolves with the new group's id, and those who are asked first and are no members yet. */
  async createGroup(name: string, memberIds: string[]): Promise<string> {
    const { members, notAdded: _, ...chat } = await this.client.call("group.create", {
      name,
      memberIds,
    });
    this.client.model.putChat(chat);
    this.client.model.putMembers(chat.id, members);
    return chat.id;
  }

  async signOut(): Promise<void> {
    this.#isLeaving = true;
    if (this.deleting.peek().size > 0) {
      await (await import("../chat/deletions.ts")).deleteAll(this);
    }
    this.drafts.clear();
    this.kept.clear();
    await this.client.signOut();
  }

  /**
   * Deletes the account for good, and signs out. The server may end the session before it responds.
   */
  async deleteAccount(input: Input<"user.delete">): Promise<void> {
    this.#isLeaving = true;
    try {
      await this.client.call("user.delete", input);
    } catch (error) {
      if (this.client.user !== null) {
        this.#isLeaving = false;
        throw error;
      }
    }
    await this.signOut();
  }

  async close(): Promise<void> {
    this.#listening.abort();
    await this.client.close();
  }

  #onState(state: ConnectionState): void {
    this.connection.value = state;
    if (state === "waiting" || state === "online") this.isOffline.value = state === "waiting";
    if (state !== "online") return;
    this.hasInbox.value = true;
    this.me.value = this.client.user;
    if (this.deleting.peek().size === 0) return;
    void import("../chat/deletions.ts").then(({ deletePending }) => deletePending(this));
  }

  #onMessage(message: LocalMessage): void {
    if (message.senderId === this.me.peek()?.id) return;
    const { people } = this.client;
    if (people.isBlocked(message.senderId) || message.deletedAt !== null) return;
    announce(t().announced(people.get(message.senderId).name || t().someone, message.text));
  }
}
