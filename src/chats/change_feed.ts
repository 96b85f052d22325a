import { notFound } from "../core/errors.ts";
import type { Chat } from "../model/chat.ts";
import type { Handshake } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { Store } from "../store/store.ts";
import { type Changes, noChanges } from "../api/views/changes.ts";
import { rowBytes } from "./row_size.ts";

/** Rows of one kind that one query reads, so that no result of the database is large. */
const ROWS_AT_ONCE = 100;
/**
 * Commits grow with their group, up to about a megabyte each, so fewer of them are read at once.
 */
const COMMITS_AT_ONCE = 4;
/**
 * Bytes after which a result is full unless the caller gives another limit: 3 s on a line of 96
 * KB/s.
 */
const MAX_BYTES = 256 * 1024;

/** A chat, and the revision a client has of it: never past the chat's head. */
export interface ChatCursor {
  chat: Chat;
  after: number;
}

export interface FeedLimits {
  rows: number;
  bytes?: number;
}

/**
 * Reads what changed in a chat after a revision. Clients and this server's own hub use this one
 * implementation of catch-up alike.
 *
 * The head is read first and bounds the rest. A row that is touched while the reads are under way
 * has a revision past that head, so it is left for the next call and never missed.
 */
export class ChangeFeed {
  constructor(private readonly store: Store) {}

  /**
   * Returns rows until `rows` or `bytes` is reached, but at least one if there is any; `rev` is the
   * revision that they reach. An `after` past the head belongs to another history (a restored
   * backup): the result is `reset`, without rows.
   */
  async after(chatId: string, after: number, { rows, bytes }: FeedLimits): Promise<Changes> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    if (after > chat.rev) return { ...noChanges(chatId, after, chat.rev), reset: true };
    const answer = new Answer(chat, after, rows, bytes ?? MAX_BYTES);
    while (!answer.isFull) answer.add(await this.#read(chat, answer.rev, answer.rowsLeft));
    return answer.changes();
  }

  /**
   * Returns everything that changed in several chats that are not encrypted, by two queries however
   * many chats there are: a remote database is queried once and not once for each chat. The chats
   * are passed as they were read before. Returns null if there are more than `maxRows` changes.
   */
  async together(from: readonly ChatCursor[], maxRows: number): Promise<Changes[] | null> {
    const ranges = from.map(({ chat, after }) => ({ chatId: chat.id, after, maxRev: chat.rev }));
    const [messages, members] = await Promise.all([
      this.store.messages.changedIn(ranges, maxRows + 1),
      this.store.memberships.changedIn(ranges, maxRows + 1),
    ]);
    if (messages.length + members.length > maxRows) return null;
    const messagesOf = byChat(messages, (a, b) => a.seq - b.seq);
    const membersOf = byChat(members, (a, b) => a.userId < b.userId ? -1 : 1);
    return from.map(({ chat, after }) => {
      const answer = new Answer(chat, after, Infinity, Infinity);
      answer.add({
        messages: messagesOf.get(chat.id) ?? [],
        members: membersOf.get(chat.id) ?? [],
        commits: [],
        rev: chat.rev,
      });
      return answer.changes();
    });
  }

  /** Reads the next rows after a revision, complete up to the returned `rev`. */
  async #read(chat: Chat, after: number, limit: number): Promise<Rows> {
    const maxRows = Math.min(limit, ROWS_AT_ONCE);
    const maxCommits = Math.min(limit, COMMITS_AT_ONCE);
    const [messages, members, commits] = await Promise.all([
      this.store.messages.changed(chat.id, after, chat.rev, maxRows),
      this.store.memberships.changed(chat.id, after, chat.rev, maxRows),
      chat.encrypted ? this.store.handshakes.changed(chat.id, after, chat.rev, maxCommits) : [],
    ]);
    const commitsReach = commits.length < maxCommits ? chat.rev : commits[maxCommits - 1].rev;
    return {
      messages,
      members,
      commits,
      rev: reachedRevision(commitsReach, maxRows, [messages, members, commits]),
    };
  }
}

interface Rows {
  messages: Message[];
  members: Membership[];
  commits: Handshake[];
  rev: number;
}

/** Collects rows in order of revision until the limits are reached. */
class Answer {
  rev: number;
  readonly #found: Omit<Rows, "rev"> = { messages: [], members: [], commits: [] };
  #rows = 0;
  #bytes = 0;

  constructor(
    private readonly chat: Chat,
    private readonly from: number,
    private readonly maxRows: number,
    private readonly maxBytes: number,
  ) {
    this.rev = from;
  }

  get rowsLeft(): number {
    return this.maxRows - this.#rows;
  }

  get isFull(): boolean {
    return this.rev >= this.chat.rev || this.rowsLeft <= 0 || this.#bytes >= this.maxBytes;
  }

  add(read: Rows): void {
    const limit = this.#fitting(read);
    for (const kind of ["messages", "members", "commits"] as const) {
      const rows = read[kind].filter(({ rev }) => rev <= limit);
      this.#found[kind].push(...rows as never[]);
      this.#rows += rows.length;
    }
    this.rev = limit;
  }

  changes(): Changes {
    const { chat, from, rev } = this;
    const touched = chat.detailsRev > from && chat.detailsRev <= rev;
    return {
      chatId: chat.id,
      after: from,
      rev,
      ...this.#found,
      ...(this.#found.members.length > 0 && { memberCount: chat.memberCount }),
      chat: touched ? chat : null,
      more: rev < chat.rev,
    };
  }

  /**
   * Returns the revision up to which the rows fit into the bytes left; the row that exceeds them is
   * the last.
   */
  #fitting({ messages, members, commits, rev }: Rows): number {
    const rows = [...messages, ...members, ...commits].filter((row) => row.rev <= rev)
      .sort((a, b) => a.rev - b.rev);
    for (const row of rows) {
      this.#bytes += rowBytes(row);
      if (this.#bytes >= this.maxBytes) return row.rev;
    }
    return rev;
  }
}

/**
 * Returns the revision up to which the rows are complete: `max`, or that of the `limit`-th row in
 * order of revision.
 */
function reachedRevision(max: number, limit: number, lists: { rev: number }[][]): number {
  const revs = lists.flat().map((row) => row.rev).sort((a, b) => a - b);
  return revs.length >= limit ? Math.min(max, revs[limit - 1]) : max;
}

/** Groups rows by chat in order of their revisions; `compare` orders rows with equal revisions. */
function byChat<Row extends { chatId: string; rev: number }>(
  rows: Row[],
  compare: (a: Row, b: Row) => number,
): Map<string, Row[]> {
  const sorted = rows.toSorted((a, b) => a.rev - b.rev || compare(a, b));
  return Map.groupBy(sorted, ({ chatId }) => chatId);
}
