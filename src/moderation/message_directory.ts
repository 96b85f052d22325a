import type { AuditTrail } from "../audit/audit_trail.ts";
import { fieldError, notFound } from "../core/errors.ts";
import { idAt, isId, timeOf } from "../core/ids.ts";
import { WorkBudget } from "../core/work_budget.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import type { Chat } from "../model/chat.ts";
import type { Message } from "../model/message.ts";
import type { FoundMessages } from "../store/message_store.ts";
import { matches, messageText, queryTerms } from "../store/search_terms.ts";
import type { Store } from "../store/store.ts";
import type { MatchingPage } from "./newest_matching.ts";

export interface MessagesQuery {
  chatId?: string;
  senderId?: string;
  q?: string;
  sentAfter?: number;
  sentBefore?: number;
  limit: number;
  cursor?: string;
}

/** Reads on from a cursor, newest first; `next` is null at the end. */
type Source = (before: string | null) => Promise<FoundMessages>;

/** Milliseconds of one page; the next page continues where it stopped. */
const PAGE_MS = 300;
/** Messages that one read returns. */
const ROWS_AT_ONCE = 100;
/** Messages that one read looks at to find those of one sender. */
const ROWS_OF_ALL = 2_000;
/** An id holds the time at which it was made: it is that of the message, or some time from it. */
const SLACK_MS = 86_400_000;

/**
 * Reads messages for administrators, in whichever chat. Every call is recorded, for administrators
 * only: neither the sender nor the chat's members learn of an inquiry.
 */
export class MessageDirectory {
  constructor(
    private readonly store: Pick<Store, "messages" | "chats" | "memberships">,
    private readonly audit: AuditTrail,
  ) {}

  async list(caller: Caller | ServerCaller, query: MessagesQuery): Promise<MatchingPage<Message>> {
    const { chatId, senderId, q, cursor = null } = query;
    await this.#record(caller, senderId, { chatId, q });
    const chat = chatId === undefined ? null : await this.store.chats.byId(chatId);
    if (chatId !== undefined && chat === null) throw notFound("chat", chatId);
    const source = await this.#sourceOf(query, chat);
    return await matching(source, query, cursor);
  }

  /** Returns the message and those around it, oldest first. */
  async context(
    caller: Caller | ServerCaller,
    messageId: string,
    { before, after }: { before: number; after: number },
  ): Promise<{ chatId: string; items: Message[] }> {
    const { messages } = this.store;
    const message = await messages.byId(messageId);
    await this.#record(caller, message?.senderId, { messageId });
    if (!message) throw notFound("message", messageId);
    const { chatId, seq } = message;
    const [earlier, later] = await Promise.all([
      before === 0 ? [] : messages.page({ chatId, before: seq, limit: before }),
      after === 0 ? [] : messages.page({ chatId, after: seq, limit: after }),
    ]);
    return { chatId, items: [...earlier.reverse(), message, ...later] };
  }

  /** The sender cannot read the entry (`isEntryFor`). */
  #record(
    caller: Caller | ServerCaller,
    userId: string | undefined,
    about: Record<string, string | undefined>,
  ): Promise<void> {
    const given = Object.entries(about).filter(([, value]) => value !== undefined);
    const details = Object.fromEntries(given) as Record<string, string>;
    return this.audit.by(caller, { action: "messages.read", userId, details });
  }

  async #sourceOf(query: MessagesQuery, chat: Chat | null): Promise<Source> {
    const { senderId, q } = query;
    if (q !== undefined && (chat !== null || senderId !== undefined)) {
      return this.#found(q, chat ? [chat.id] : await this.#chatsOf(senderId!));
    }
    return chat ? this.#ofChat(chat, query) : this.#ofAll(query);
  }

  /** The index of words is by chat. */
  #found(query: string, chatIds: string[]): Source {
    return (before) => this.store.messages.search({ chatIds, query, before, limit: ROWS_AT_ONCE });
  }

  /** A person is in a bounded number of chats. */
  async #chatsOf(userId: string): Promise<string[]> {
    return (await this.store.memberships.ofUser(userId)).map(({ chatId }) => chatId);
  }

  #ofChat(chat: Chat, { sentBefore }: MessagesQuery): Source {
    const { messages } = this.store;
    return async (cursor) => {
      const before = cursor === null ? await this.#seqAt(chat, sentBefore) : seqOf(cursor);
      const rows = await messages.page({ chatId: chat.id, before, limit: ROWS_AT_ONCE });
      return { messages: rows, next: rows.length < ROWS_AT_ONCE ? null : `${rows.at(-1)!.seq}` };
    };
  }

  /** Returns a `seq` above all messages that were sent before this time, by bisection. */
  async #seqAt({ id: chatId, rev }: Chat, time?: number): Promise<number> {
    let [low, high] = [0, rev + 1];
    while (time !== undefined && low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = await this.store.messages.page({ chatId, before: middle + 1, limit: 1 });
      if (row === undefined || row.createdAt < time) low = middle;
      else high = row.seq;
    }
    return high;
  }

  #ofAll({ sentAfter = 0, sentBefore, ...query }: MessagesQuery): Source {
    const senderId = query.senderId ?? null;
    const rows = senderId === null ? ROWS_AT_ONCE : ROWS_OF_ALL;
    const first = sentBefore === undefined ? null : idAt(sentBefore + SLACK_MS, 0);
    return async (cursor) => {
      const before = cursor === null ? first : idOf(cursor);
      const found = await this.store.messages.scan({ before, senderId, rows });
      const isPast = found.next !== null && timeOf(found.next) < sentAfter - SLACK_MS;
      return isPast ? { ...found, next: null } : found;
    };
  }
}

async function matching(
  source: Source,
  query: MessagesQuery,
  cursor: string | null,
): Promise<MatchingPage<Message>> {
  const isMatch = matcherOf(query);
  const budget = await WorkBudget.begin(PAGE_MS);
  const items: Message[] = [];
  for (let before = cursor;;) {
    const { messages, next } = await source(before);
    for (const message of messages) {
      await budget.pause();
      if (!isMatch(message)) continue;
      if (items.length === query.limit) return { items, next: cursorOf(query, items.at(-1)!) };
      items.push(message);
    }
    if (next === null || budget.isSpent) return { items, next };
    before = next;
  }
}

/** A place in one chat is its `seq`, any other the id of the message. */
function cursorOf({ chatId, q }: MessagesQuery, { id, seq }: Message): string {
  return chatId !== undefined && q === undefined ? `${seq}` : id;
}

function matcherOf(query: MessagesQuery): (message: Message) => boolean {
  const { chatId, senderId, q, sentAfter = 0, sentBefore = Infinity } = query;
  // The index has compared the words already, unless all messages are read.
  const words = q !== undefined && chatId === undefined && senderId === undefined
    ? queryTerms(q)
    : null;
  return (message) =>
    (senderId === undefined || (message.senderId === senderId && message.kind !== "system")) &&
    message.createdAt >= sentAfter && message.createdAt < sentBefore &&
    (words === null || (isReadable(message) && matches(messageText(message), words)));
}

const isReadable = ({ kind, deletedAt }: Message) => kind !== "encrypted" && deletedAt === null;

function seqOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw invalid();
}

function idOf(cursor: string): string {
  if (isId(cursor)) return cursor;
  throw invalid();
}

function invalid() {
  return fieldError("invalid_request", "cursor", "cursor must be the next of an earlier page");
}
