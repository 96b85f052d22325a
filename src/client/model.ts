import type { MlsClientErrorCode } from "./mls/mls_client_error.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { ChangesView } from "../api/views/changes.ts";
import type { ChatView } from "../api/views/chat.ts";
import type {
  MemberView,
  ReceiptCountView,
  ReceiptsView,
  ReceiptView,
} from "../api/views/member.ts";
import type { MessageEventView, MessageView } from "../api/views/message.ts";
import type { UserView } from "../api/views/user.ts";
import { Emitter } from "./emitter.ts";
import { withOwnReactions } from "./own_reactions.ts";

/** A message as this device shows it: one that is only just being sent has `seq` 0. */
export interface LocalMessage extends MessageView {
  status: "sending" | "sent" | "failed";
  /** Why it was not sent. */
  failure?: string;
  /** Of an encrypted message, once it was read; then `text`, `reactions` and so on hold what it says. */
  encrypted?: {
    state: "read" | "waiting" | MlsClientErrorCode | "unsupported";
    files: FileDescriptor[];
    /** Edits, reactions and deletions are messages, too: they are not to be shown. */
    isShown: boolean;
  };
}

/** What this device knows of a chat. */
export interface LocalChat {
  chat: ChatView;
  members: Map<string, MemberView>;
  /** By id; `messagesOf` has them in order. An old one that was touched comes without its neighbours. */
  messages: Map<string, LocalMessage>;
  /** All messages from this seq on are here; 0 when there are no earlier ones. */
  completeFrom: number;
  /** How many have read the newest message, where the chat has too many members to say who. */
  receiptCount?: Omit<ReceiptCountView, "chatId">;
  /** Who is writing just now. */
  typing: Set<string>;
  /** All revisions up to this one are here. */
  cursor: number;
  /** New messages that came by an answer or with the history, before their row: still to be told of. */
  untold: Set<string>;
}

export interface ModelEvents {
  /** Something of this chat has changed. */
  chat: { chatId: string };
  /** A chat came or went. */
  chats: { chatId: string };
  presence: { userId: string };
  /** Somebody who shares a chat, or the caller, has a new name, picture or bio. */
  user: UserView;
  /** A message that is new here, heard live or caught up on; an encrypted one once it was read. */
  message: { chatId: string; message: LocalMessage };
}

/** The chats as far as they are known here. Rows only ever get newer, whatever the order they come in. */
export class Model extends Emitter<ModelEvents> {
  readonly chats = new Map<string, LocalChat>();
  readonly presence = new Map<string, Record<string, unknown>>();
  readonly #userId: () => string | null;
  /** Ids of new messages that are still encrypted. */
  readonly #sealedNews = new Set<string>();

  /** `userId`: the person who is signed in. */
  constructor(userId: () => string | null = () => null) {
    super();
    this.#userId = userId;
  }

  chat(chatId: string): LocalChat | undefined {
    return this.chats.get(chatId);
  }

  /** Without a hole, in their order in the chat; those that are being sent come last. */
  messagesOf(chatId: string): LocalMessage[] {
    const local = this.chats.get(chatId);
    if (!local) return [];
    const messages = [...local.messages.values()]
      .filter(({ seq }) => seq === 0 || seq >= local.completeFrom);
    return messages.sort((a, b) => (a.seq || Infinity) - (b.seq || Infinity) || 0);
  }

  /**
   * A chat that is new here begins at its head: what came before is history, to be asked for. The cursor of
   * a known one stays, since only rows move it (`apply`).
   */
  putChat(chat: ChatView): LocalChat {
    const known = this.chats.get(chat.id);
    if (!known) return this.#begin(chat);
    if (chat.rev >= known.chat.rev) known.chat = chat;
    this.emit("chat", { chatId: chat.id });
    return known;
  }

  /** Drops what is known of a chat, whose revisions belong to another history, but for unsent messages. */
  startOver(chat: ChatView): LocalChat {
    const drafts = [...this.chats.get(chat.id)?.messages ?? []].filter(([, { seq }]) => seq === 0);
    const begun = this.#begin(chat);
    for (const [id, draft] of drafts) begun.messages.set(id, draft);
    return begun;
  }

  #begin(chat: ChatView): LocalChat {
    const begun = {
      chat,
      members: new Map(),
      messages: new Map(),
      typing: new Set<string>(),
      cursor: chat.rev,
      // A message's seq is the revision that made it.
      completeFrom: chat.rev + 1,
      untold: new Set<string>(),
    };
    this.chats.set(chat.id, begun);
    this.emit("chats", { chatId: chat.id });
    return begun;
  }

  forget(chatId: string): void {
    if (this.chats.delete(chatId)) this.emit("chats", { chatId });
  }

  /**
   * Takes the rows of the revisions `(after, changes.rev]`, and moves the cursor there. Returns false, and
   * takes nothing, if revisions are missing between the cursor and `after`.
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
    local.cursor = Math.max(local.cursor, changes.rev);
    if (local.chat.rev < local.cursor) local.chat = { ...local.chat, rev: local.cursor };
    this.emit("chat", { chatId: changes.chatId });
    this.announce(changes.chatId, news);
    return true;
  }

  /** Tells of messages that are new here, in their order. */
  announce(chatId: string, ids: string[]): void {
    const messages = this.chats.get(chatId)?.messages;
    const found = ids.flatMap((id) => messages?.get(id) ?? []).sort((a, b) => a.seq - b.seq);
    for (const message of found) {
      const isSealed = message.kind === "encrypted" && message.encrypted === undefined;
      if (isSealed && message.deletedAt === null) this.#sealedNews.add(message.id);
      else this.#tell(chatId, message);
    }
  }

  #tell(chatId: string, message: LocalMessage): void {
    this.#sealedNews.delete(message.id);
    if (message.encrypted?.state === "waiting") return void this.#sealedNews.add(message.id);
    if (message.encrypted?.isShown === false) return;
    this.emit("message", { chatId, message });
  }

  putMessages(chatId: string, messages: MessageView[]): void {
    const local = this.chats.get(chatId);
    if (!local || messages.length === 0) return;
    for (const message of messages) if (isNew(local, message)) local.untold.add(message.id);
    for (const message of messages) this.#putMessage(local, message);
    this.emit("chat", { chatId });
  }

  /** Messages that end where those that are here begin; `isFirst` if there are none before them. */
  putHistory(chatId: string, messages: MessageView[], isFirst: boolean): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    const oldest = Math.min(local.completeFrom, ...messages.map(({ seq }) => seq));
    this.putMessages(chatId, messages);
    local.completeFrom = isFirst ? 0 : oldest;
  }

  putMembers(chatId: string, members: MemberView[]): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    for (const member of members) this.#putMember(local, member);
    this.emit("chat", { chatId });
  }

  /** Shown at once, before the server has it. */
  putDraft(message: LocalMessage): void {
    this.chats.get(message.chatId)?.messages.set(draftId(message), message);
    this.emit("chat", { chatId: message.chatId });
  }

  dropDraft(message: Pick<MessageView, "chatId" | "senderId" | "clientId">): void {
    this.chats.get(message.chatId)?.messages.delete(draftId(message));
    this.emit("chat", { chatId: message.chatId });
  }

  patchMessage(chatId: string, id: string, patch: Partial<LocalMessage>): void {
    const local = this.chats.get(chatId);
    const message = local?.messages.get(id);
    if (!message) return;
    const patched = { ...message, ...patch };
    local!.messages.set(id, patched);
    this.emit("chat", { chatId });
    if (patch.encrypted && this.#sealedNews.has(id)) this.#tell(chatId, patched);
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

  setTyping(chatId: string, userId: string, typing: boolean): void {
    const local = this.chats.get(chatId);
    if (!local) return;
    if (typing) local.typing.add(userId);
    else local.typing.delete(userId);
    this.emit("chat", { chatId });
  }

  /** Who is writing is not known without a connection. */
  forgetTyping(): void {
    for (const [chatId, { typing }] of this.chats) {
      if (typing.size === 0) continue;
      typing.clear();
      this.emit("chat", { chatId });
    }
  }

  setPresence(presence: Record<string, unknown> & { userId: string }): void {
    this.presence.set(presence.userId, presence);
    this.emit("presence", { userId: presence.userId });
  }

  putUser(user: UserView): void {
    this.emit("user", user);
  }

  /** A restarted group counts its epochs anew. */
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

  /** Of a row that is here, an answer to the caller knows better than an event which reactions are theirs. */
  #putOwnReactions(local: LocalChat, known: LocalMessage, { rev, reactions }: MessageView): void {
    const isKnownBetter = rev === known.rev && !known.encrypted &&
      reactions.some(({ mine }) => mine !== undefined);
    if (isKnownBetter) local.messages.set(known.id, { ...known, reactions });
  }

  #putMessage(local: LocalChat, message: MessageEventView): void {
    const known = local.messages.get(message.id);
    if (known && known.rev >= message.rev) return this.#putOwnReactions(local, known, message);
    local.messages.delete(draftId(message));
    const { reacted, ...row } = message;
    const own = known?.reactions ?? [];
    const reactions = withOwnReactions({ reactions: row.reactions, reacted }, own, this.#userId());
    local.messages.set(message.id, { ...overlay({ ...row, reactions }, known), status: "sent" });
    if (message.seq !== message.rev) return;
    const { senderId: userId, seq } = message;
    local.typing.delete(userId);
    // Whoever sends has read what came before; no receipt says so.
    moveCursors(local, { userId, readSeq: seq, deliveredSeq: seq });
  }
}

function moveCursors(
  local: LocalChat,
  { userId, readSeq, deliveredSeq }: Omit<ReceiptView, "chatId">,
): void {
  const member = local.members.get(userId);
  if (!member) return;
  member.readSeq = Math.max(member.readSeq, readSeq);
  member.deliveredSeq = Math.max(member.deliveredSeq, deliveredSeq);
}

/** Receipts take no revision, and only move forward: an answer may be older than an event. */
function furthest(known: MemberView, member: MemberView): MemberView {
  return {
    ...member,
    readSeq: Math.max(known.readSeq, member.readSeq),
    deliveredSeq: Math.max(known.deliveredSeq, member.deliveredSeq),
  };
}

/** What was read of an encrypted message is not in the server's row, and outlives its changes. */
function overlay(message: MessageView, known?: LocalMessage): MessageView {
  if (!known?.encrypted || message.deletedAt !== null) return message;
  const { encrypted, text, reactions, replyTo, mentions, editedAt } = known;
  return { ...message, encrypted, text, reactions, replyTo, mentions, editedAt } as LocalMessage;
}

/**
 * Whether a message is seen here for the first time, and is not of the history before. Its `seq` may be behind
 * the cursor: a message that is changed between two pages of a catch-up comes with the later one.
 */
function isNew(local: LocalChat, { id, seq }: MessageView): boolean {
  return seq >= local.completeFrom && !local.messages.has(id);
}

function draftId({ senderId, clientId }: Pick<MessageView, "senderId" | "clientId">): string {
  return `draft ${senderId} ${clientId}`;
}
