import type { Arrival, ArrivalStore, PresenceReach } from "../arrival_store.ts";
import type { SqliteBlockStore } from "./blocks.ts";
import { type Database, ROWS_PER_SLICE } from "./database.ts";
import type { SqliteMembershipStore } from "./memberships.ts";
import type { SqliteSessionStore } from "./sessions.ts";
import type { SqliteUserStore } from "./users.ts";

/** Number of a user's chats that one read looks at. */
const CHATS_AT_ONCE = 500;

/** The tables that are read together. */
export interface ArrivalTables {
  db: Database;
  incarnation(): string;
  users: SqliteUserStore;
  sessions: SqliteSessionStore;
  blocks: SqliteBlockStore;
  memberships: SqliteMembershipStore;
}

/** Reads all of an arrival in one call: what a person has many of is read on in further ones. */
export class SqliteArrivalStore implements ArrivalStore {
  constructor(private readonly tables: ArrivalTables) {}

  async of(userId: string, sessionId: string, limit: number): Promise<Arrival> {
    const { db, sessions, users, blocks, memberships } = this.tables;
    const arrival = await db.read(() => ({
      incarnation: this.tables.incarnation(),
      session: sessions.endOf(sessionId),
      user: users.get(userId),
      blockedIds: blocks.firstBy(userId),
      chats: memberships.presentRows(userId, "", limit),
    }));
    if (arrival.blockedIds.length < ROWS_PER_SLICE) return arrival;
    const blocked = await blocks.by(userId);
    return { ...arrival, blockedIds: blocked.map(({ blockedId }) => blockedId) };
  }

  async presenceOf(userId: string, maxMembers: number): Promise<PresenceReach> {
    const { db, users, blocks, memberships } = this.tables;
    const { chats, strangerIds, user } = await db.read(() => ({
      user: users.get(userId),
      chats: memberships.presentRows(userId, "", CHATS_AT_ONCE),
      strangerIds: [...blocks.firstBy(userId), ...blocks.firstAgainst(userId)],
    }));
    for (let page = chats; page.length === CHATS_AT_ONCE;) {
      page = await memberships.presentOfUser(userId, page.at(-1)!.chatId, CHATS_AT_ONCE);
      for (const row of page) chats.push(row);
    }
    const small = chats.filter(({ memberCount }) => memberCount! <= maxMembers);
    return {
      user,
      chatIds: small.map(({ chatId }) => chatId),
      strangerIds: strangerIds.length < ROWS_PER_SLICE
        ? strangerIds
        : await this.#allStrangers(userId),
    };
  }

  async #allStrangers(userId: string): Promise<string[]> {
    const { blocks } = this.tables;
    const by = await blocks.by(userId);
    const against = await blocks.against(userId);
    return [
      ...by.map(({ blockedId }) => blockedId),
      ...against.map(({ blockerId }) => blockerId),
    ];
  }
}
