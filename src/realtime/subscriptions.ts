import { sharedTurns } from "../core/turns.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Membership } from "../model/membership.ts";
import type { PresentChat } from "../store/membership_store.ts";
import type { Store } from "../store/store.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionIndex } from "./connection_index.ts";
import type { DeliveryMetrics } from "./delivery_metrics.ts";
import { type ChatRead, PendingReads } from "./pending_reads.ts";
import type { Retries } from "./retries.ts";
import { changesMembers, type ChangeSource, Room, type RoomHost } from "./room.ts";

/** The parts of the Store that hold memberships and the heads of chats. */
export type SubscriptionStore = Pick<Store, "chats" | "memberships">;

export interface SubscriptionOptions {
  store: SubscriptionStore;
  changes: ChangeSource;
  log: Log;
  connections: ConnectionIndex;
  retries: Retries;
  figures: DeliveryMetrics;
}

/** A user's chats by id. */
export type UserChats = ReadonlyMap<string, PresentChat>;

/** Reads the first of a user's chats, as `MembershipStore.presentOfUser` does. */
export type FirstChats = (limit: number) => Promise<PresentChat[]>;

/** Maximum number of chats whose heads one query reads. */
const HEADS_AT_ONCE = 500;
/** Maximum number of a user's chats that one query reads. */
const CHATS_AT_ONCE = 500;

/**
 * Which connections listen to which chats: a connection listens to every chat that its user is a
 * member of, without requesting it. Rooms exist only for chats with a listener on this instance, so
 * a signal for any other chat costs nothing.
 */
export class Subscriptions implements RoomHost {
  readonly #rooms = new Map<string, Room>();
  readonly #reads = new PendingReads();
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

  /** The chat's room, if it has a listener on this instance. */
  room(chatId: string): Room | undefined {
    return this.#rooms.get(chatId);
  }

  /**
   * Subscribes these connections of the user to all their chats, and to no others. The user's chats
   * are read until a read finds no chat whose room was not open when it began: between the read and
   * the opening of a room the user may leave or rejoin the chat, and no signal would tell. Where
   * the store reads heads with the chats, a room that opened at the same head needs no further
   * read. Returns the chats of the last read. `first` begins the first read.
   */
  async subscribe(
    userId: string,
    connections: readonly Connection[],
    first?: FirstChats,
  ): Promise<UserChats> {
    const current = () => connections.filter((each) => this.connections.has(each));
    let [last, begin]: [UserChats, FirstChats | undefined] = [new Map(), first];
    for (let entered = true; entered && current().length > 0; begin = undefined) {
      entered = await this.#reads.run(userId, async (read) => {
        last = await this.#chatsOf(userId, begin);
        const missing = current().map((each) => this.#adjust(each, last, read));
        return (await Promise.all(missing)).includes(true);
      });
    }
    return last;
  }

  unsubscribe(connection: Connection): void {
    for (const room of [...connection.rooms]) this.#leave(connection, room);
  }

  /**
   * Delivers a commit of this instance. The users whom it added may not listen to a room of this
   * chat yet.
   */
  commit(commit: ChatCommit): void {
    const { chatId, after, rev } = commit;
    const room = this.#rooms.get(chatId);
    if (room) {
      room.commit(commit);
      if (changesMembers(commit)) this.#admitMissed(room, after, rev);
      return;
    }
    this.#reads.notePassed(chatId);
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

  /** Another instance announced that the chat is at `rev`; see `Signal` for `membersAfter`. */
  notify(chatId: string, rev: number, membersAfter?: number): void {
    const room = this.#rooms.get(chatId);
    if (!room) this.#reads.notePassed(chatId);
    if (membersAfter === undefined) return room?.advanceTo(rev);
    if (!room) return void this.#openForJoiners(chatId, membersAfter, rev);
    room.reachMembers(membersAfter, rev);
    this.#admitMissed(room, membersAfter, rev);
  }

  /** Compares every room with its chat's head, and lets it catch up. Rejects as the Store does. */
  async checkHeads(): Promise<void> {
    const chatIds = [...this.#rooms.keys()];
    for (let at = 0; at < chatIds.length; at += HEADS_AT_ONCE) {
      await this.#compareHeads(chatIds.slice(at, at + HEADS_AT_ONCE));
    }
  }

  /** As `checkHeads` for at most `limit` rooms, starting with those that have waited longest. */
  async checkSomeHeads(limit: number): Promise<void> {
    if (this.#unchecked.length === 0) this.#unchecked = [...this.#rooms.keys()];
    const chatIds = this.#unchecked.splice(0, limit);
    if (chatIds.length > 0) await this.#compareHeads(chatIds);
  }

  connectionsOf(userId: string): Iterable<Connection> {
    return this.connections.ofUser(userId);
  }

  admit(member: Membership, room: Room): void {
    const { userId } = member;
    this.#reads.noteMoved(userId, room.chatId);
    for (const connection of this.connections.ofUser(userId)) {
      connection.hide(member);
      this.#enter(connection, room);
    }
  }

  dismiss(userId: string, room: Room): void {
    this.#reads.noteMoved(userId, room.chatId);
    for (const connection of this.connections.ofUser(userId)) {
      connection.rooms.delete(room);
      room.listeners.delete(connection);
    }
  }

  onEmpty(room: Room): void {
    if (room.listeners.size === 0 && !room.hasPendingJoins) this.#drop(room);
  }

  /** Number of rooms in memory: none of a chat without listeners. */
  get roomCount(): number {
    return this.#rooms.size;
  }

  /** Number of users whose chats are being read. */
  get readCount(): number {
    return this.#reads.userCount;
  }

  /** Stops the delivery of all rooms. */
  close(): void {
    for (const room of [...this.#rooms.values()]) this.#drop(room);
  }

  async #compareHeads(chatIds: string[]): Promise<void> {
    const heads = await this.store.chats.heads(chatIds);
    for (const { id, rev } of heads) this.#rooms.get(id)?.advanceTo(rev);
  }

  #drop(room: Room): void {
    room.close();
    if (this.#rooms.get(room.chatId) !== room) return;
    this.#rooms.delete(room.chatId);
    // It may have delivered more than the heads of reads that have already been made.
    this.#reads.notePassed(room.chatId);
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

  /** Reads pages: thousands of chats must not block the event loop. */
  async #chatsOf(userId: string, first?: FirstChats): Promise<UserChats> {
    const chats = new Map<string, PresentChat>();
    const { memberships } = this.store;
    for (let after: string | null = null;;) {
      const rows: PresentChat[] = after === null && first
        ? await first(CHATS_AT_ONCE)
        : await memberships.presentOfUser(userId, after, CHATS_AT_ONCE);
      for (const row of rows) chats.set(row.chatId, row);
      if (rows.length < CHATS_AT_ONCE) return chats;
      after = rows[rows.length - 1].chatId;
      await sharedTurns.next();
    }
  }

  /**
   * Returns true if the connection was subscribed to a chat whose room was not open when the read
   * began, and whose head has moved since. `moved` is newer than `chats` and wins.
   */
  async #adjust(connection: Connection, chats: UserChats, read: ChatRead): Promise<boolean> {
    const { moved, began } = read;
    const current = new Set<string>();
    for (const room of [...connection.rooms]) {
      current.add(room.chatId);
      if (chats.has(room.chatId) || moved.has(room.chatId)) continue;
      this.#leave(connection, room);
    }
    const missing = [...chats.keys()].filter((id) => !current.has(id) && !moved.has(id));
    for (const chatId of missing) connection.hide(chats.get(chatId)!);
    const opening = missing.filter((id) => (this.#rooms.get(id)?.openSince ?? Infinity) >= began);
    await this.#enterAll(connection, missing.map((id) => chats.get(id)!), read);
    return opening.some((id) => this.#rooms.get(id)?.begun !== chats.get(id)!.headBefore);
  }

  /**
   * Registers new rooms before reading their heads, so that no commit is missed in between; waits
   * for rooms that another connection is just opening. Thousands of chats are entered in batches,
   * so that they do not block the event loop.
   */
  async #enterAll(connection: Connection, chats: PresentChat[], read: ChatRead): Promise<void> {
    const ready: Promise<unknown>[] = [];
    for (let at = 0; at < chats.length; at += HEADS_AT_ONCE) {
      if (at > 0) await sharedTurns.next();
      if (!this.connections.has(connection)) return;
      const some = chats.slice(at, at + HEADS_AT_ONCE);
      const { waiting, unread } = this.#enterSome(connection, some, read);
      const entered = Promise.all(waiting.map((room) => room.ready));
      // A room that another connection opens may fail before it is awaited; that must not end the
      // process.
      entered.catch(() => {});
      ready.push(entered);
      if (unread.length > 0) await this.#readHeads(unread);
    }
    await Promise.all(ready);
  }

  /** Returns the rooms that are not open yet, and those of them whose heads have to be read. */
  #enterSome(
    connection: Connection,
    chats: PresentChat[],
    { moved, passed }: ChatRead,
  ): { waiting: Room[]; unread: Room[] } {
    const [waiting, unread]: Room[][] = [[], []];
    for (const { chatId, headBefore } of chats) {
      if (moved.has(chatId)) continue;
      let room = this.#rooms.get(chatId);
      if (!room) {
        room = this.#newRoom(chatId);
        // No news of the chat came since this head was read, so whatever follows reaches the room.
        if (headBefore !== undefined && !passed.has(chatId)) room.open(headBefore);
        else unread.push(room);
      }
      this.#enter(connection, room);
      if (!room.isOpen) waiting.push(room);
    }
    return { waiting, unread };
  }

  /**
   * If it fails, connections that wait for the rooms are refused; rooms that are still needed are
   * retried.
   */
  async #readHeads(rooms: Room[]): Promise<void> {
    try {
      const heads = await this.store.chats.heads(rooms.map((room) => room.chatId));
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
   * Admits members for late news of a join, after the room was opened at a head that included it.
   * Reads again if others join or leave in the meantime, so that a former member is never admitted.
   */
  async #admitMissed(room: Room, after: number, rev: number): Promise<void> {
    if (!room.hasBegunPast(after)) return;
    const { chatId } = room;
    try {
      let members: Membership[] = [];
      for (let readAt = -1; readAt < room.membersAt;) {
        readAt = room.membersAt;
        members = await this.store.memberships.ofChat(chatId);
      }
      if (this.#rooms.get(chatId) !== room) return this.notify(chatId, rev, after);
      for (const member of members) if (member.leftAt === null) room.admitLate(member);
    } catch (error) {
      this.log.warn("Room update failed: cannot read the members of a chat", { chatId, error });
      this.retries.later(() => this.notify(chatId, rev, after));
    }
  }

  #newRoom(chatId: string): Room {
    const room = new Room(chatId, this);
    this.#rooms.set(chatId, room);
    return room;
  }

  /**
   * Handles a join or leave on another instance in a chat without a room here. The room is
   * registered before the read, so that users who connect in the meantime share it; members who
   * join or leave in the meantime cause another read. If it fails, the rows that are read instead
   * contain the joins.
   */
  async #openForJoiners(chatId: string, after: number, rev: number): Promise<void> {
    if (this.connections.size === 0) return;
    const room = this.#newRoom(chatId);
    room.reachMembers(after, rev);
    try {
      for (let readAt = -1; readAt < room.membersAt;) {
        readAt = room.membersAt;
        for (const member of await this.store.memberships.ofChat(chatId)) {
          if (member.leftAt === null) this.admit(member, room);
        }
      }
    } catch (error) {
      this.log.warn("Room update failed: cannot read the members of a chat", { chatId, error });
      room.fail(error);
      return this.retries.later(() => {
        if (this.#isWaiting(room)) this.#readHeads([room]);
      });
    }
    if (room.listeners.size > 0) room.open(rev);
    else this.#drop(room);
  }
}
