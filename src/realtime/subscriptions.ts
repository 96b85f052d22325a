import { sharedTurns } from "../core/turns.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionIndex } from "./connection_index.ts";
import type { DeliveryMetrics } from "./delivery_metrics.ts";
import type { Retries } from "./retries.ts";
import { changesMembers, type ChangeSource, Room, type RoomHost } from "./room.ts";

/** The parts of the Store that say who is in which chat, and how far a chat is. */
export type SubscriptionStore = Pick<Store, "chats" | "memberships">;

export interface SubscriptionOptions {
  store: SubscriptionStore;
  changes: ChangeSource;
  log: Log;
  connections: ConnectionIndex;
  retries: Retries;
  figures: DeliveryMetrics;
}
/** A user's chats, each with the `hiddenSeq` of their membership. */
type UserChats = ReadonlyMap<string, number>;

/** Chats whose heads are asked for in one query. */
const HEADS_AT_ONCE = 500;
/** Chats of a user that are read in one query. */
const CHATS_AT_ONCE = 500;

/**
 * Which connections listen to which chats: a connection listens to every chat that its user is a
 * member of, without asking for it. Rooms exist only for chats that someone here listens to, so a ring
 * for any other chat costs nothing.
 */
export class Subscriptions implements RoomHost {
  readonly #rooms = new Map<string, Room>();
  /** By user, for each look at their chats under way: those that news moved them into or out of since. */
  readonly #looks = new Map<string, Set<Set<string>>>();
  /** Rooms whose heads this round has still to compare. */
  #unchecked: string[] = [];

  readonly changes: ChangeSource;
  readonly log: Log;
  readonly figures: DeliveryMetrics;
  private readonly store: SubscriptionStore;
  private readonly connections: ConnectionIndex;
  private readonly retries: Retries;

  constructor(options: SubscriptionOptions) {
    this.store = options.store;
    this.changes = options.changes;
    this.log = options.log;
    this.figures = options.figures;
    this.connections = options.connections;
    this.retries = options.retries;
  }

  /** The chat's room, if someone here listens to it. */
  room(chatId: string): Room | undefined {
    return this.#rooms.get(chatId);
  }

  /**
   * Makes these connections of the user listeners of all their chats, and of no others. They are looked up
   * until a look finds nothing that was not known: someone may join or leave a chat whose room is not
   * open here between the look and the opening, and no ring would tell.
   */
  async subscribe(userId: string, connections: readonly Connection[]): Promise<void> {
    const here = () => connections.filter((each) => this.connections.has(each));
    for (let entered = true; entered && here().length > 0;) {
      entered = await this.#look(userId, async (chats, moved) => {
        const missing = here().map((each) => this.#adjust(each, chats, moved));
        return (await Promise.all(missing)).includes(true);
      });
    }
  }

  unsubscribe(connection: Connection): void {
    for (const room of [...connection.rooms]) this.#leave(connection, room);
  }

  /** A commit of this instance. Who was added by it may listen to no room of this chat yet. */
  commit(commit: ChatCommit): void {
    const { chatId, after, rev } = commit;
    const room = this.#rooms.get(chatId);
    if (room) {
      room.commit(commit);
      if (changesMembers(commit)) this.#welcomeMissed(room, after, rev);
      return;
    }
    const joined = commit.steps.flatMap((step) =>
      step.type === "member.updated" && step.member.leftAt === null &&
        this.connections.hasUser(step.member.userId)
        ? [step.member]
        : []
    );
    if (joined.length === 0) return;
    const opened = this.#newRoom(chatId);
    for (const member of joined) this.admit(member, opened);
    opened.open(after);
    opened.commit(commit);
  }

  /** Another instance tells that the chat is at `rev`; see `Signal` for `membersAfter`. */
  notify(chatId: string, rev: number, membersAfter?: number): void {
    const room = this.#rooms.get(chatId);
    if (membersAfter === undefined) return room?.advanceTo(rev);
    if (!room) return void this.#openForJoiners(chatId, membersAfter, rev);
    room.reachMembers(membersAfter, rev);
    this.#welcomeMissed(room, membersAfter, rev);
  }

  /** Compares every room with its chat's head, and has it catch up. Rejects as the Store does. */
  async checkHeads(): Promise<void> {
    const chatIds = [...this.#rooms.keys()];
    for (let at = 0; at < chatIds.length; at += HEADS_AT_ONCE) {
      const heads = await this.store.chats.byIds(chatIds.slice(at, at + HEADS_AT_ONCE));
      for (const { id, rev } of heads) this.#rooms.get(id)?.advanceTo(rev);
    }
  }

  /** As `checkHeads` for `limit` rooms at most, those first that have waited longest. */
  async checkSomeHeads(limit: number): Promise<void> {
    if (this.#unchecked.length === 0) this.#unchecked = [...this.#rooms.keys()];
    const chatIds = this.#unchecked.splice(0, limit);
    if (chatIds.length === 0) return;
    const heads = await this.store.chats.byIds(chatIds);
    for (const { id, rev } of heads) this.#rooms.get(id)?.advanceTo(rev);
  }

  connectionsOf(userId: string): Iterable<Connection> {
    return this.connections.ofUser(userId);
  }

  admit(member: Membership, room: Room): void {
    const { userId } = member;
    this.#moved(userId, room);
    for (const connection of this.connections.ofUser(userId)) {
      connection.hide(member);
      this.#enter(connection, room);
    }
  }

  dismiss(userId: string, room: Room): void {
    this.#moved(userId, room);
    for (const connection of this.connections.ofUser(userId)) {
      connection.rooms.delete(room);
      room.listeners.delete(connection);
    }
  }

  onEmpty(room: Room): void {
    if (room.listeners.size === 0 && !room.hasPendingJoins) this.#drop(room);
  }

  /** No room delivers anything any more. */
  close(): void {
    for (const room of [...this.#rooms.values()]) this.#drop(room);
  }

  #drop(room: Room): void {
    room.close();
    if (this.#rooms.get(room.chatId) === room) this.#rooms.delete(room.chatId);
  }

  #enter(connection: Connection, room: Room): void {
    connection.rooms.add(room);
    room.listeners.add(connection);
  }

  #leave(connection: Connection, room: Room): void {
    connection.rooms.delete(room);
    room.listeners.delete(connection);
    this.onEmpty(room);
  }

  #moved(userId: string, room: Room): void {
    for (const moved of this.#looks.get(userId) ?? []) moved.add(room.chatId);
  }

  /** Calls `then` with the user's chats, and with what news have told since they were asked for. */
  async #look<T>(
    userId: string,
    then: (chats: UserChats, moved: ReadonlySet<string>) => Promise<T>,
  ): Promise<T> {
    const moved = new Set<string>();
    const looks = this.#looks.get(userId) ?? new Set();
    this.#looks.set(userId, looks.add(moved));
    try {
      return await then(await this.#chatsOf(userId), moved);
    } finally {
      looks.delete(moved);
      if (looks.size === 0) this.#looks.delete(userId);
    }
  }

  /** Read in pages: thousands of chats must not block the event loop. */
  async #chatsOf(userId: string): Promise<UserChats> {
    const chats = new Map<string, number>();
    for (let after: string | null = null;;) {
      const rows: Membership[] = await this.store.memberships
        .presentOfUser(userId, after, CHATS_AT_ONCE);
      for (const { chatId, hiddenSeq } of rows) chats.set(chatId, hiddenSeq);
      if (rows.length < CHATS_AT_ONCE) return chats;
      after = rows[rows.length - 1].chatId;
      await sharedTurns.next();
    }
  }

  /** True if it entered anything. What news have told since the look began is newer than the look. */
  async #adjust(
    connection: Connection,
    chats: UserChats,
    moved: ReadonlySet<string>,
  ): Promise<boolean> {
    const known = new Set<string>();
    for (const room of [...connection.rooms]) {
      known.add(room.chatId);
      if (chats.has(room.chatId) || moved.has(room.chatId)) continue;
      this.#leave(connection, room);
    }
    const missing = [...chats.keys()].filter((id) => !known.has(id) && !moved.has(id));
    for (const chatId of missing) connection.hide({ chatId, hiddenSeq: chats.get(chatId)! });
    await this.#enterAll(connection, missing, moved);
    return missing.length > 0;
  }

  /**
   * Rooms that are new here are registered first, so that no commit slips by while heads are read;
   * rooms that another connection is just opening are waited for. Thousands of chats are entered some at a
   * time, so that they do not block the event loop.
   */
  async #enterAll(
    connection: Connection,
    chatIds: string[],
    moved: ReadonlySet<string>,
  ): Promise<void> {
    const ready: Promise<void>[] = [];
    for (let at = 0; at < chatIds.length; at += HEADS_AT_ONCE) {
      if (at > 0) await sharedTurns.next();
      if (!this.connections.has(connection)) return;
      const some = chatIds.slice(at, at + HEADS_AT_ONCE).filter((id) => !moved.has(id));
      const { rooms, opened } = this.#enterSome(connection, some);
      const entered = Promise.all(rooms.map((room) => room.ready)).then(() => {});
      // One that another is opening may fail before it is waited for, and that must not end the process.
      entered.catch(() => {});
      ready.push(entered);
      if (opened.length > 0) await this.#readHeads(opened);
    }
    await Promise.all(ready);
  }

  #enterSome(connection: Connection, chatIds: string[]): { rooms: Room[]; opened: Room[] } {
    const opened: Room[] = [];
    const rooms = chatIds.map((chatId) => {
      let room = this.#rooms.get(chatId);
      if (!room) opened.push(room = this.#newRoom(chatId));
      this.#enter(connection, room);
      return room;
    });
    return { rooms, opened };
  }

  /** Where it fails, whoever waits is refused; if the room is needed nevertheless, it is tried again. */
  async #readHeads(rooms: Room[]): Promise<void> {
    try {
      const heads = await this.store.chats.byIds(rooms.map((room) => room.chatId));
      const revs = new Map(heads.map((chat) => [chat.id, chat.rev]));
      for (const room of rooms) room.open(revs.get(room.chatId) ?? 0);
    } catch (error) {
      for (const room of rooms) room.fail(error);
      this.retries.later(() => {
        const waiting = rooms.filter((room) => this.#isWaiting(room));
        if (waiting.length > 0) this.#readHeads(waiting);
      });
    }
  }

  #isWaiting(room: Room): boolean {
    return !room.isOpen && this.#rooms.get(room.chatId) === room &&
      (room.listeners.size > 0 || room.hasPendingJoins);
  }

  /**
   * News of who joined that come late, after someone has opened the room at a head which had it already.
   * Where others join or leave meanwhile it is looked for again, lest someone who has left be let in.
   */
  async #welcomeMissed(room: Room, after: number, rev: number): Promise<void> {
    if (!room.hasBegunPast(after)) return;
    const { chatId } = room;
    try {
      let members: Membership[] = [];
      for (let looked = -1; looked < room.membersAt;) {
        looked = room.membersAt;
        members = await this.store.memberships.ofChat(chatId);
      }
      if (this.#rooms.get(chatId) !== room) return this.notify(chatId, rev, after);
      for (const member of members) if (member.leftAt === null) room.admitLate(member);
    } catch (error) {
      this.log.warn("Looking up who joined a chat failed", { chatId, error });
      this.retries.later(() => this.notify(chatId, rev, after));
    }
  }

  #newRoom(chatId: string): Room {
    const room = new Room(chatId, this);
    this.#rooms.set(chatId, room);
    return room;
  }

  /**
   * Someone joined or left a chat elsewhere that nobody here listens to. The room is registered before
   * the look, so that whoever connects meanwhile shares it; and who joins or leaves meanwhile is looked
   * for again. Where it fails, the rows that are read instead tell who joined.
   */
  async #openForJoiners(chatId: string, after: number, rev: number): Promise<void> {
    if (this.connections.size === 0) return;
    const room = this.#newRoom(chatId);
    room.reachMembers(after, rev);
    try {
      for (let looked = -1; looked < room.membersAt;) {
        looked = room.membersAt;
        for (const member of await this.store.memberships.ofChat(chatId)) {
          if (member.leftAt === null) this.admit(member, room);
        }
      }
    } catch (error) {
      this.log.warn("Looking up who joined a chat failed", { chatId, error });
      room.fail(error);
      return this.retries.later(() => {
        if (this.#isWaiting(room)) this.#readHeads([room]);
      });
    }
    if (room.listeners.size > 0) room.open(rev);
    else this.#drop(room);
  }
}
