import { fieldError, notFound } from "../core/errors.ts";
import { sharedTurns } from "../core/turns.ts";
import type { Chat } from "../model/chat.ts";
import { type Membership, visibleTo } from "../model/membership.ts";
import { usesOfChats } from "../operations/uses_of_chats.ts";
import type { ChatHead } from "../store/chat_store.ts";
import type { PresentChat } from "../store/membership_store.ts";
import type { Store } from "../store/store.ts";
import { type Changes, noChanges } from "../api/views/changes.ts";
import type { ChangeFeed } from "./change_feed.ts";
import { ChangeReader, rowsIn } from "./change_reader.ts";
import { rowBytes } from "./row_size.ts";

export type Cursors = Record<string, number>;

export interface SyncQuery {
  cursors: Cursors;
  /** Only chats whose id is greater: the id at which the previous page ended. */
  from?: string;
  /** Only chats whose id is not greater. */
  to?: string;
  /** Only chats that `cursors` names. */
  namedOnly?: boolean;
  /** Leaves out chats without changes. */
  changedOnly?: boolean;
}

export interface SyncPage {
  items: Changes[];
  /** The chat after which to continue (`from` of the next page); null for the last page. */
  next: string | null;
  /** Uses of the rate limit beside the first, by the number of chats that were looked at. */
  furtherUses: number;
}

export interface CatchUpLimits {
  syncRows: number;
  syncBytes: number;
  syncChats: number;
}

/** Number of chats read by one query. */
const CHATS_AT_ONCE = 500;
/** Milliseconds of work after which the other work of the event loop gets its turn. */
const TURN_MS = 10;

/**
 * Returns the changes that a member may see. A former member learns that they have left, and
 * nothing of what came after.
 */
export class CatchUp {
  constructor(
    private readonly store: Store,
    private readonly feed: ChangeFeed,
    private readonly limits: CatchUpLimits,
  ) {}

  /** Names the history that revisions belong to; a restored backup has a different one. */
  async incarnation(): Promise<string> {
    return await this.store.incarnation();
  }

  async changes(userId: string, chatId: string, after: number): Promise<Changes> {
    const membership = await this.store.memberships.of(chatId, userId);
    if (!membership) throw notFound("chat", chatId);
    if (membership.leftAt !== null) return leaveChanges(membership, after);
    const { syncRows: rows, syncBytes: bytes } = this.limits;
    return shownTo(membership, await this.feed.after(chatId, after, { rows, bytes }));
  }

  /**
   * Returns a page of the caller's chats, most recently active first, with their changes after the
   * given cursors or else from the start of each chat; and the chats left since the given cursor.
   * Once the answer has reached its limits, the remaining chats of the page come with no rows and
   * `more`. Pages follow each other by chat id, so that chats that change in the meantime are
   * neither missed nor repeated.
   */
  async sync(userId: string, query: SyncQuery): Promise<SyncPage> {
    this.#checkSize(query.cursors);
    const { present, next } = await this.#page(userId, query);
    const left = await this.#left(userId, query, present, next);
    const { heads, chats } = await this.#heads(present, query.cursors);
    heads.sort((a, b) => b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? 1 : -1));
    const items = [...left, ...await this.#rowsOf(heads, chats, present, query)];
    const looked = Math.max(present.length, Object.keys(query.cursors).length);
    return { items, next, furtherUses: usesOfChats(looked) };
  }

  /**
   * True if these are the caller's chats, and their heads are where the cursors are: most who come
   * back have missed nothing. The heads are read after the chats were, or with them.
   */
  async isUpToDate(cursors: Cursors, chats: ReadonlyMap<string, PresentChat>): Promise<boolean> {
    this.#checkSize(cursors);
    const ids = Object.keys(cursors);
    if (ids.length !== chats.size || !ids.every((id) => chats.has(id))) return false;
    if (ids.every((id) => chats.get(id)!.headBefore !== undefined)) {
      return ids.every((id) => chats.get(id)!.headBefore === cursors[id]);
    }
    const heads = await inParts(ids, (part) => this.store.chats.heads(part));
    return heads.length === ids.length && heads.every(({ id, rev }) => rev === cursors[id]);
  }

  async #page(
    userId: string,
    { cursors, from, to, namedOnly }: SyncQuery,
  ): Promise<{ present: PresentChat[]; next: string | null }> {
    const { memberships } = this.store;
    if (namedOnly) {
      const rows = await this.#named(userId, Object.keys(cursors));
      return { present: rows.filter((row) => row.leftAt === null), next: null };
    }
    const present: PresentChat[] = [];
    for (let after = from ?? null, isLast = false; !isLast;) {
      const limit = Math.min(CHATS_AT_ONCE, this.limits.syncChats - present.length);
      if (limit === 0) return { present, next: after };
      const rows = await memberships.presentOfUser(userId, after, limit);
      const inRange = to === undefined ? rows : rows.filter(({ chatId }) => chatId <= to);
      present.push(...inRange);
      isLast = inRange.length < limit;
      after = inRange.at(-1)?.chatId ?? after;
      if (!isLast) await sharedTurns.next();
    }
    return { present, next: null };
  }

  /**
   * Leave entries for the chats that `cursors` names within the page and that the user has left.
   */
  async #left(
    userId: string,
    { cursors, from = "", to, namedOnly }: SyncQuery,
    present: PresentChat[],
    next: string | null,
  ): Promise<Changes[]> {
    const here = new Set(present.map(({ chatId }) => chatId));
    const end = next ?? to;
    const missing = Object.keys(cursors).filter((id) =>
      !here.has(id) && (namedOnly || (id > from && (end === undefined || id <= end)))
    );
    return (await this.#named(userId, missing)).filter((row) => row.leftAt !== null)
      .map((row) => leaveChanges(row, cursors[row.chatId]))
      .filter((changes) => changes.members.length > 0);
  }

  async #named(userId: string, chatIds: string[]): Promise<Membership[]> {
    return await inParts(chatIds, (ids) => this.store.memberships.ofUserIn(userId, ids));
  }

  /**
   * Reads the heads of the chats, and as a whole only those that changed: for most who come back
   * that is none.
   */
  async #heads(
    present: PresentChat[],
    cursors: Cursors,
  ): Promise<{ heads: ChatHead[]; chats: Map<string, Chat> }> {
    const ids = present.map(({ chatId }) => chatId);
    const read = (some: string[]) => inParts(some, (part) => this.store.chats.byIds(part));
    const known = await inParts(
      ids.filter((id) => cursors[id] !== undefined),
      (part) => this.store.chats.heads(part),
    );
    const unknown = await read(ids.filter((id) => cursors[id] === undefined));
    const changed = await read(
      known.filter(({ id, rev }) => rev !== cursors[id]).map(({ id }) => id),
    );
    const chats = new Map([...unknown, ...changed].map((chat) => [chat.id, chat]));
    return { heads: [...known, ...unknown], chats };
  }

  async #rowsOf(
    heads: ChatHead[],
    chats: ReadonlyMap<string, Chat>,
    present: PresentChat[],
    { cursors, changedOnly }: SyncQuery,
  ): Promise<Changes[]> {
    const memberships = new Map(present.map((row) => [row.chatId, row]));
    const results: Changes[] = [];
    const cursorOf = (id: string) => cursors[id] ?? 0;
    const reader = new ChangeReader(
      this.feed,
      heads.flatMap(({ id }) => {
        const chat = chats.get(id);
        return chat ? [{ chat, after: cursorOf(id) }] : [];
      }),
    );
    let { syncRows: rows, syncBytes: bytes } = this.limits;
    let began = performance.now();
    for (const { id } of heads) {
      const after = cursorOf(id);
      const chat = chats.get(id);
      if (!chat || chat.rev === after) {
        if (!changedOnly) results.push(noChanges(id, after, after));
        continue;
      }
      const changes = rows > 0 && bytes > 0
        ? await reader.of(chat, { rows, bytes })
        : noChanges(id, after, after, true);
      for (const row of rowsIn(changes)) {
        rows--;
        bytes -= rowBytes(row);
      }
      results.push(shownTo(memberships.get(id)!, changes));
      if (performance.now() - began < TURN_MS) continue;
      await sharedTurns.next();
      began = performance.now();
    }
    return results;
  }

  #checkSize(cursors: Cursors): void {
    const [named, max] = [Object.keys(cursors).length, this.limits.syncChats];
    if (named <= max) return;
    const message = `Cannot catch up: cursors names ${named} chats, at most ${max} are allowed`;
    throw fieldError("invalid_request", "cursors", message);
  }
}

/** Removes the messages sent before the member joined, if the member may not see them. */
function shownTo(membership: PresentChat, changes: Changes): Changes {
  return { ...changes, messages: visibleTo(membership, changes.messages) };
}

/**
 * Tells a former member that they have left. The cursor stays where it is if rows would be skipped:
 * the member may read those rows after coming back.
 */
function leaveChanges(membership: Membership, after: number): Changes {
  const news = membership.rev > after;
  const rev = membership.rev === after + 1 ? membership.rev : after;
  return { ...noChanges(membership.chatId, after, rev), members: news ? [membership] : [] };
}

/** Reads the rows of many ids in parts, each in a separate turn. */
async function inParts<Row>(
  ids: string[],
  read: (part: string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let at = 0; at < ids.length; at += CHATS_AT_ONCE) {
    if (at > 0) await sharedTurns.next();
    rows.push(...await read(ids.slice(at, at + CHATS_AT_ONCE)));
  }
  return rows;
}
