import type { ChangesView } from "../api/views/changes.ts";
import type { ChatView } from "../api/views/chat.ts";
import type { MemberView, ReceiptCountView, ReceiptsView } from "../api/views/member.ts";
import type { MessageEventView, MessageView } from "../api/views/message.ts";
import { Emitter } from "./emitter.ts";
import {
  furthest,
  type InboxFacts,
  isNew,
  type LocalChat,
  type LocalMessage,
  moveCursors,
  overlay,
  uncount,
} from "./local_chat.ts";
import { withOwnReactions } from "./own_reactions.ts";
import { TypingNow } from "./typing_now.ts";

export interface ModelEvents {
  /** The chat has changed; with `isPassing`, only its typing members. */
  chat: { chatId: string; isPassing?: boolean };
  /** A chat was added or removed. */
  chats: { chatId: string };
  /**
   * A message that is new to the client, live or caught up on; an encrypted one once it was
   * decrypted.
   */
  message: { chatId: string; message: LocalMessage };
}

/** Shows rows with the changes that the server does not have yet. */
export interface Overlay {
  shown(message: LocalMessage): LocalMessage;
  /** Returns the changes that the server has refused, as rows. */
  refused(): LocalMessage[];
}

const NO_MESSAGES: readonly LocalMessage[] = [];

/** The chats as far as they are loaded. Rows only become newer, in whatever order they arrive. */
export class Model extends Emitter<ModelEvents> {
  readonly chats = new Map<string, LocalChat>();
  /** Chats that the user has left or was removed from, in their last state. */
  readonly left = new Map<string, LocalChat>();
  readonly typing = new TypingNow((chatId) => {
    this.emit("chat", { chatId, isPassing: true });
  });
  /** @internal */
  overlay: Overlay = { shown: (message) => message, refused: () => [] };
  readonly #userId: () => string | null;
  /** Unsent or refused messages, by chat and clientId, whether or not the chat is loaded. */
  readonly #pending = new Map<string, Map<string, LocalMessage>>();
  /** Cached results of `messagesOf`, until a row changes. */
  readonly #ordered = new Map<string, readonly LocalMessage[]>();

  /** `userId`: the signed-in user. */
  constructor(userId: () => string | null = () => null) {
    super();
    this.#userId = userId;
  }

  chat(chatId: string): LocalChat | undefined {
    return this.chats.get(chatId);
  }

  /**
   * Returns the messages without gaps, in their order in the chat; unsent ones come last. The array
   * stays the same until one of them changes.
   */
  messagesOf(chatId: string): readonly LocalMessage[] {
    const known = this.#ordered.get(chatId);
    if (known) return known;
    const local = this.chats.get(chatId) ?? this.left.get(chatId);
    const pending = this.#pending.get(chatId);
    if (!local && !pending) return NO_MESSAGES;
    const sent = [...local?.messages.values() ?? []]
      .filter(({ seq }) => seq >= local!.completeFrom)
      .sort((a, b) => a.seq - b.seq);
    const ordered = [...sent, ...pending?.values() ?? []].map(this.overlay.shown);
    this.#ordered.set(chatId, ordered);
    return ordered;
  }

  /** Returns a loaded message as it is shown, also one that `messagesOf` leaves out. */
  message(chatId: string, id: string): LocalMessage | undefined {
    const message = (this.chats.get(chatId) ?? this.left.get(chatId))?.messages.get(id);
    return message && this.overlay.shown(message);
  }

  /** Returns everything that the server has refused, in the order in which it was written. */
  failed(): LocalMessage[] {
    return [...this.#pending.values()].flatMap((pending) => [...pending.values()])
      .filter(({ status }) => status === "failed")
      .concat(this.overlay.refused())
      .sort((a, b) => a.createdAt < b.createdAt ? -1 : 1);
  }

  /**
   * Puts a chat. A new one starts at its head: earlier messages are history, to be fetched on
   * request. The cursor of an existing one stays, because only rows move it (`apply`).
   */
  putChat(chat: ChatView): LocalChat {
    const known = this.chats.get(chat.id);
    if (!known) return this.#begin(chat);
    if (chat.rev >= known.chat.rev) known.chat = chat;
    this.emit("chat", { chatId: chat.id });
    return known;
  }

  /** Applies an inbox item. Its counts hold up to the revision that came with them. */
  putInbox({ chat, me, unread, mentions, muted, peerId }: InboxFacts): LocalChat {
    const counted = { unread, mentions, readSeq: me.readSeq, upTo: chat.rev };
    const local = Object.assign(this.putChat(chat), { muted, peerId, counted });
    this.putMembers(chat.id, [me]);
    return local;
  }

  setMuted(chatId: string, muted: boolean): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    local.muted = muted;
    this.emit("chat", { chatId });
  }

  /** Drops the rows of a chat, whose revisions belong to another history. */
  startOver(chat: ChatView): LocalChat {
    const { muted = false, peerId = null } = this.chats.get(chat.id) ?? {};
    return Object.assign(this.#begin(chat), { muted, peerId });
  }

  #begin(chat: ChatView): LocalChat {
    return this.restore({
      chat,
      members: new Map(),
      messages: new Map(),
      cursor: chat.rev,
      // A message's seq is the revision that created it.
      completeFrom: chat.rev + 1,
      untold: new Set(),
      sealed: new Set(),
      peerId: null,
      muted: false,
      counted: { unread: 0, mentions: 0, readSeq: 0, upTo: chat.rev },
    });
  }

  /** Puts a whole chat: a new one, or one that an earlier run has stored. */
  restore(local: LocalChat): LocalChat {
    const chatId = local.chat.id;
    this.chats.set(chatId, local);
    this.left.delete(chatId);
    this.#ordered.delete(chatId);
    this.emit("chats", { chatId });
    return local;
  }

  /** Ends the user's membership. The loaded rows stay in `left` until `drop`. */
  leave(chatId: string): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    this.chats.delete(chatId);
    this.left.set(chatId, local);
    this.typing.clear([chatId]);
    this.emit("chats", { chatId });
  }

  /** Drops a chat that was left. */
  drop(chatId: string): void {
    if (!this.left.delete(chatId)) return;
    this.#ordered.delete(chatId);
    this.emit("chats", { chatId });
  }

  /**
   * Applies the rows of the revisions `(after, changes.rev]`, and moves the cursor there. Returns
   * false, without a change, if revisions are missing between the cursor and `after`.
   */
  apply(changes: ChangesView, after: number): boolean {
    const local = this.chats.get(changes.chatId);
    if (!local || after > local.cursor) return false;
    const news = changes.messages.map(({ id }) => id).filter((id) => local.untold.delete(id));
    for (const message of changes.messages) if (isNew(local, message)) news.push(message.id);
    if (changes.chat && changes.chat.rev >= local.chat.rev) local.chat = changes.chat;
    for (const { generation, epoch } of changes.commits ?? []) {
      this.#moveEpoch(local, generation, epoch + 1);
    }
    for (const member of changes.members) this.#putMember(local, member);
    const { memberCount } = changes;
    if (memberCount !== undefined && changes.rev >= local.cursor) {
      local.chat = { ...local.chat, memberCount };
    }
    for (const message of changes.messages) this.#putMessage(local, message);
    if (changes.messages.length > 0) this.#ordered.delete(changes.chatId);
    local.cursor = Math.max(local.cursor, changes.rev);
    if (local.chat.rev < local.cursor) local.chat = { ...local.chat, rev: local.cursor };
    this.emit("chat", { chatId: changes.chatId });
    this.announce(changes.chatId, news);
    return true;
  }

  /** Emits `message` for messages that are new to the client, in their order. */
  announce(chatId: string, ids: string[]): void {
    const local = this.chats.get(chatId);
    const found = ids.flatMap((id) => local?.messages.get(id) ?? []).sort((a, b) => a.seq - b.seq);
    for (const message of found) {
      const isSealed = message.kind === "encrypted" && message.encrypted === undefined;
      if (isSealed && message.deletedAt === null) local!.sealed.add(message.id);
      else this.#announceOne(local!, message);
    }
  }

  #announceOne(local: LocalChat, message: LocalMessage): void {
    if (message.encrypted?.state === "waiting") return void local.sealed.add(message.id);
    local.sealed.delete(message.id);
    if (message.encrypted?.isShown === false) return;
    this.emit("message", { chatId: message.chatId, message });
  }

  putMessages(chatId: string, messages: MessageView[]): void {
    const local = this.chats.get(chatId);
    if (!local || messages.length === 0) return;
    for (const message of messages) if (isNew(local, message)) local.untold.add(message.id);
    for (const message of messages) this.#putMessage(local, message);
    this.rowsChanged(chatId);
  }

  /**
   * Puts messages that end where the loaded ones start; `isFirst` if there are none before them.
   */
  putHistory(chatId: string, messages: MessageView[], isFirst: boolean): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    const oldest = Math.min(local.completeFrom, ...messages.map(({ seq }) => seq));
    this.putMessages(chatId, messages);
    local.completeFrom = isFirst ? 0 : oldest;
    this.rowsChanged(chatId);
  }

  putMembers(chatId: string, members: MemberView[]): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    for (const member of members) this.#putMember(local, member);
    this.emit("chat", { chatId });
  }

  /** Shows a message immediately, before the server has it. */
  putPending(message: LocalMessage): void {
    let pending = this.#pending.get(message.chatId);
    if (!pending) this.#pending.set(message.chatId, pending = new Map());
    pending.set(message.clientId, message);
    this.rowsChanged(message.chatId);
  }

  patchPending(chatId: string, clientId: string, patch: Partial<LocalMessage>): void {
    const message = this.#pending.get(chatId)?.get(clientId);
    if (message) this.putPending({ ...message, ...patch });
  }

  dropPending(chatId: string, clientId: string): void {
    if (this.#pending.get(chatId)?.delete(clientId)) this.rowsChanged(chatId);
  }

  patchMessage(chatId: string, id: string, patch: Partial<LocalMessage>): void {
    const local = this.chats.get(chatId);
    const message = local?.messages.get(id);
    if (!message) return;
    const patched = { ...message, ...patch };
    local!.messages.set(id, patched);
    this.rowsChanged(chatId);
    if (patch.encrypted && local!.sealed.has(id)) this.#announceOne(local!, patched);
  }

  /** @internal */
  rowsChanged(chatId: string): void {
    this.#ordered.delete(chatId);
    this.emit("chat", { chatId });
  }

  moveReceipts({ others = [], ...first }: ReceiptsView): void {
    const local = this.chats.get(first.chatId);
    if (!local) return;
    for (const receipt of [first, ...others]) moveCursors(local, receipt);
    this.emit("chat", { chatId: first.chatId });
  }

  countReceipts({ chatId, ...count }: ReceiptCountView): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    local.receiptCount = count;
    this.emit("chat", { chatId });
  }

  /** A restarted group counts its epochs from the start. */
  #moveEpoch(local: LocalChat, generation: number, epoch: number): void {
    const { generation: ours, epoch: current } = local.chat;
    const isLater = generation > ours || (generation === ours && epoch > (current ?? 0));
    if (isLater) local.chat = { ...local.chat, generation, epoch };
  }

  #putMember(local: LocalChat, member: MemberView): void {
    const known = local.members.get(member.userId);
    if (known && known.rev > member.rev) return;
    local.members.set(member.userId, known?.rev === member.rev ? furthest(known, member) : member);
  }

  /**
   * For a loaded row, a response to the caller says more reliably than an event which reactions are
   * the caller's.
   */
  #putOwnReactions(local: LocalChat, known: LocalMessage, { rev, reactions }: MessageView): void {
    const isKnownBetter = rev === known.rev && !known.encrypted &&
      reactions.some(({ mine }) => mine !== undefined);
    if (isKnownBetter) local.messages.set(known.id, { ...known, reactions });
  }

  #putMessage(local: LocalChat, message: MessageEventView): void {
    const known = local.messages.get(message.id);
    if (known && known.rev >= message.rev) return this.#putOwnReactions(local, known, message);
    if (message.senderId === this.#userId()) {
      this.#pending.get(message.chatId)?.delete(message.clientId);
    } else if (!known?.deletedAt) uncount(local, message);
    const { reacted, ...row } = message;
    const own = known?.reactions ?? [];
    const reactions = withOwnReactions({ reactions: row.reactions, reacted }, own, this.#userId());
    local.messages.set(message.id, { ...overlay({ ...row, reactions }, known), status: "sent" });
    if (message.seq !== message.rev) return;
    const { senderId: userId, seq } = message;
    this.typing.set(message.chatId, userId, false);
    // Senders have read all earlier messages, though no receipt says so.
    moveCursors(local, { userId, readSeq: seq, deliveredSeq: seq });
  }
}
