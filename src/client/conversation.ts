import type { MemberView } from "../api/views/member.ts";
import type { MessageView } from "../api/views/message.ts";
import type { CustomData } from "../model/custom_data.ts";
import type { Call } from "./call.ts";
import type { ComposerDraft, Drafts } from "./drafts.ts";
import type { Inbox, InboxRow } from "./inbox.ts";
import type { LocalMessage } from "./local_chat.ts";
import type { Model } from "./model.ts";
import type { SendContent } from "./pending_row.ts";
import { View } from "./view.ts";

/** The messages of a chat as a screen shows them. */
export interface MessagesSnapshot {
  /** In order, without gaps; unsent messages last. `clientId` is the key for a list. */
  rows: readonly LocalMessage[];
  /** True if `loadOlder` would load more. */
  hasOlder: boolean;
  /** True while messages are being fetched. */
  isLoading: boolean;
}

/** The part of the client that a conversation uses. */
export interface ConversationHost {
  call: Call;
  readonly model: Model;
  readonly inbox: Inbox;
  readonly drafts: Drafts;
  readonly state: string;
  /** Throws `signed_out` if nothing can be sent or queued yet. */
  requireSignedIn(): unknown;
  openChat(chatId: string): Promise<void>;
  loadOlder(chatId: string, limit?: number): Promise<boolean>;
  send(chatId: string, content: SendContent): Promise<MessageView>;
  markRead(chatId: string, seq?: number): void;
  signalTyping(chatId: string, isTyping: boolean): void;
  emit(name: "fault", error: unknown): unknown;
}

/**
 * One chat as a screen shows it, in views for `useSyncExternalStore`. Its members and newest
 * messages are fetched when `messages` or `members` is first subscribed to.
 *
 * ```ts ignore
 * const { messages, members, typing } = client.chat(chatId);
 * await client.openChat(chatId);
 * assert.equal(messages.getSnapshot().rows.at(-1)!.text, "Hello");
 * assert.equal(members.getSnapshot().length, 2);
 * assert.deepEqual(typing.getSnapshot(), []);
 * ```
 */
export class Conversation {
  /** Undefined for a chat that is not loaded. */
  readonly row: View<InboxRow | undefined>;
  readonly messages: View<MessagesSnapshot>;
  /** Members of the chat; in a very large group, only the loaded ones. */
  readonly members: View<readonly MemberView[]>;
  /** Ids of the users who are typing now, except the caller. */
  readonly typing: View<readonly string[]>;
  readonly draft: View<ComposerDraft>;
  #loading = 0;
  #isOpen = false;

  /** @internal */
  constructor(readonly chatId: string, private readonly host: ConversationHost) {
    const { model, inbox, drafts } = host;
    const open = () => this.reopen();
    this.row = new View(() => inbox.row(chatId));
    this.messages = new View(() => this.#messages(), open);
    this.members = new View(() => this.#members(), open);
    this.typing = new View(() => model.typing.of(chatId));
    this.draft = drafts.view(chatId);
  }

  /**
   * Loads messages older than the oldest loaded one; false if there are none.
   *
   * ```ts ignore
   * const chat = client.chat(chatId);
   * await client.openChat(chatId);
   * if (chat.messages.getSnapshot().hasOlder) await chat.loadOlder();
   * ```
   */
  loadOlder(limit?: number): Promise<boolean> {
    return this.#whileLoading(() => this.host.loadOlder(this.chatId, limit));
  }

  /**
   * See `ChatClient.send`. Does not include the draft: see `sendDraft`.
   *
   * ```ts ignore
   * const { text } = await client.chat(chatId).send({ text: "Hi" });
   * assert.equal(text, "Hi");
   * ```
   */
  send(content: SendContent): Promise<MessageView> {
    return this.host.send(this.chatId, content);
  }

  /**
   * Sends the draft with the given media, and empties it. If the message is refused, it keeps the
   * text. While no user is signed in, the draft stays, and it throws `signed_out`.
   *
   * ```ts ignore
   * const chat = client.chat(chatId);
   * chat.setDraft({ text: "Hi", replyTo: messageId });
   * const sent = await chat.sendDraft();
   * assert.equal(sent.replyTo, messageId);
   * assert.deepEqual(chat.draft.getSnapshot(), { text: "" });
   * ```
   */
  async sendDraft(content: Omit<SendContent, "text" | "replyTo"> = {}): Promise<MessageView> {
    this.host.requireSignedIn();
    const { text, ...reply } = this.host.drafts.get(this.chatId);
    this.host.drafts.set(this.chatId, { text: "" });
    this.host.signalTyping(this.chatId, false);
    // An empty text is refused, so a message with only media has none.
    return await this.send({ ...content, ...reply, text: text || undefined });
  }

  /**
   * Keeps the draft, and notifies the other members that the caller is typing.
   *
   * ```ts ignore
   * const chat = client.chat(chatId);
   * chat.setDraft({ text: "I will be" });
   * assert.equal(chat.draft.getSnapshot().text, "I will be");
   * ```
   */
  setDraft(draft: ComposerDraft): void {
    const { text } = this.host.drafts.get(this.chatId);
    this.host.drafts.set(this.chatId, draft);
    if (text !== draft.text) this.host.signalTyping(this.chatId, draft.text !== "");
  }

  /**
   * Marks messages up to `seq` as read; without it, all loaded messages.
   *
   * ```ts ignore
   * await client.openChat(chatId);
   * client.chat(chatId).markRead();
   * assert.equal(client.inbox.row(chatId)!.unread, 0);
   * ```
   */
  markRead(seq?: number): void {
    this.host.markRead(this.chatId, seq);
  }

  /**
   * Sends an event of the application to the members who are connected, as `custom`; it is not
   * stored.
   *
   * ```ts ignore
   * await client.chat(chatId).sendEvent("board.moved", { x: 1, y: 2 });
   * ```
   */
  sendEvent(type: string, data?: CustomData): Promise<void> {
    const { chatId, host } = this;
    return host.call("event.send", { chatId, type, data });
  }

  /** @internal */
  invalidate(): void {
    for (const view of [this.row, this.messages, this.members, this.typing]) view.invalidate();
    if (this.host.model.chat(this.chatId)) this.reopen();
    else this.#isOpen = false;
  }

  /**
   * Fetches data that a subscribed view lacks.
   * @internal
   */
  reopen(): void {
    const isWatched = this.messages.isWatched || this.members.isWatched;
    const { model, state } = this.host;
    if (this.#isOpen || !isWatched || state !== "online" || !model.chat(this.chatId)) return;
    this.#isOpen = true;
    this.#whileLoading(() => this.host.openChat(this.chatId)).catch((error) => {
      this.#isOpen = false;
      this.host.emit("fault", error);
    });
  }

  async #whileLoading<T>(action: () => Promise<T>): Promise<T> {
    this.#loading++;
    this.messages.invalidate();
    try {
      return await action();
    } finally {
      this.#loading--;
      this.messages.invalidate();
    }
  }

  #messages(): MessagesSnapshot {
    const { model } = this.host;
    return {
      rows: this.#shown(model.messagesOf(this.chatId)),
      hasOlder: (model.chat(this.chatId)?.completeFrom ?? 0) > 0,
      isLoading: this.#loading > 0,
    };
  }

  #rows: readonly LocalMessage[] = [];
  #rowsOf: readonly LocalMessage[] | undefined;

  /** Leaves out edits, reactions and deletions of an encrypted chat, which are messages too. */
  #shown(all: readonly LocalMessage[]): readonly LocalMessage[] {
    if (all === this.#rowsOf) return this.#rows;
    this.#rowsOf = all;
    const isShown = ({ encrypted }: LocalMessage) => encrypted?.isShown !== false;
    return this.#rows = all.every(isShown) ? all : all.filter(isShown);
  }

  #members(): MemberView[] {
    const { model } = this.host;
    const local = model.chat(this.chatId) ?? model.left.get(this.chatId);
    return [...local?.members.values() ?? []].filter(({ leftAt }) => leftAt === null);
  }
}
