import { AppError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Store } from "../store/store.ts";
import type { Signal } from "./broker.ts";
import type { CloseReason, Connection } from "./connection.ts";
import { Outbound } from "./outbound.ts";
import { type ChangeSource, Room, type RoomHost } from "./room.ts";

/** Tells presence when a user comes to this instance and goes from it. */
export interface HubListener {
  onFirstConnection(userId: string): void;
  onLastConnection(userId: string): void;
}

/** The parts of the Store that the hub reads. */
export type HubStore = Pick<Store, "chats" | "memberships">;

/**
 * All that is connected to this instance, and who of it hears what.
 *
 * A member hears a chat's events without asking: a connection listens to every chat that its user is a
 * member of. Rooms exist only for chats that someone here listens to, so a ring for any other chat
 * costs nothing.
 */
export class Hub implements RoomHost {
  readonly #connections = new Set<Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #bySession = new Map<string, Set<Connection>>();
  readonly #rooms = new Map<string, Room>();
  readonly #listeners: HubListener[] = [];

  constructor(
    private readonly store: HubStore,
    readonly changes: ChangeSource,
    readonly log: Log,
  ) {}

  get size(): number {
    return this.#connections.size;
  }

  listen(listener: HubListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Makes the connection a listener of all its user's chats. It hears nothing until it is released;
   * whatever is committed after this resolves will reach it.
   */
  async attach(connection: Connection): Promise<void> {
    const { userId, sessionId } = connection.caller;
    this.#connections.add(connection);
    add(this.#bySession, sessionId, connection);
    if (add(this.#byUser, userId, connection) === 1) {
      for (const listener of this.#listeners) listener.onFirstConnection(userId);
    }
    const memberships = await this.store.memberships.ofUser(userId);
    const chatIds = memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
    await this.#enterAll(connection, chatIds.filter((chatId) => !connection.left.has(chatId)));
  }

  /** Safe to call twice. */
  detach(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const { userId, sessionId } = connection.caller;
    for (const room of [...connection.rooms]) this.leave(connection, room);
    remove(this.#bySession, sessionId, connection);
    if (remove(this.#byUser, userId, connection) === 0) {
      for (const listener of this.#listeners) listener.onLastConnection(userId);
    }
  }

  /** A commit of this instance. Who was added by it may listen to no room of this chat yet. */
  commit(commit: ChatCommit): void {
    const room = this.#rooms.get(commit.chatId);
    if (room) return room.commit(commit);
    const joined = new Set<Connection>();
    for (const step of commit.steps) {
      if (step.type !== "member.updated" || step.member.leftAt !== null) continue;
      for (const connection of this.connectionsOf(step.member.userId)) joined.add(connection);
    }
    if (joined.size === 0) return;
    const opened = this.#openRoom(commit.chatId);
    for (const connection of joined) this.enter(connection, opened);
    opened.open(commit.after);
    opened.commit(commit);
  }

  /** What other instances tell. */
  signals(signals: readonly Signal[]): void {
    for (const signal of signals) this.#signal(signal);
  }

  /** Rings may have been missed: every chat that is listened to is checked, and every user's list. */
  async recover(): Promise<void> {
    const rooms = [...this.#rooms.values()];
    const heads = await this.store.chats.byIds(rooms.map((room) => room.chatId));
    for (const { id, rev } of heads) this.#rooms.get(id)?.reach(rev);
    for (const connection of [...this.#connections]) {
      const memberships = await this.store.memberships.ofUser(connection.caller.userId);
      const chatIds = memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
      await this.#enterAll(connection, chatIds);
      connection.deliver(new Outbound([{ event: "resync", data: {} }]));
    }
  }

  toRoom(chatId: string, event: WireEvent, exceptUserId?: string): void {
    this.#rooms.get(chatId)?.signal(event, exceptUserId);
  }

  toUsers(userIds: Iterable<string>, event: WireEvent): void {
    const outbound = new Outbound([event]);
    for (const userId of userIds) {
      for (const connection of this.connectionsOf(userId)) connection.deliver(outbound);
    }
  }

  /** Tells the sockets of ended sessions so, and closes them. */
  endSessions(sessionIds: readonly string[], reason = "ended"): void {
    const error = new AppError("unauthenticated", "The session has ended");
    for (const sessionId of sessionIds) {
      const event: WireEvent = { event: "session.ended", data: { sessionId, reason } };
      for (const connection of [...this.#bySession.get(sessionId) ?? []]) {
        connection.deliver(new Outbound([event]));
        connection.sink.close("unauthenticated", error);
        this.detach(connection);
      }
    }
  }

  closeAll(reason: CloseReason): void {
    for (const connection of [...this.#connections]) {
      connection.sink.close(reason);
      this.detach(connection);
    }
  }

  isConnected(userId: string): boolean {
    return this.#byUser.has(userId);
  }

  /** The users who are connected here. */
  users(): IterableIterator<string> {
    return this.#byUser.keys();
  }

  connectionsOf(userId: string): Iterable<Connection> {
    return this.#byUser.get(userId) ?? [];
  }

  enter(connection: Connection, room: Room): void {
    if (!this.#connections.has(connection)) return;
    connection.left.delete(room.chatId);
    connection.rooms.add(room);
    room.listeners.add(connection);
  }

  leave(connection: Connection, room: Room): void {
    connection.left.add(room.chatId);
    connection.rooms.delete(room);
    room.listeners.delete(connection);
    if (room.listeners.size > 0) return;
    room.close();
    if (this.#rooms.get(room.chatId) === room) this.#rooms.delete(room.chatId);
  }

  /**
   * Rooms that are new here are registered first, so that no commit slips by while heads are read;
   * rooms that another connection is just opening are waited for.
   */
  async #enterAll(connection: Connection, chatIds: string[]): Promise<void> {
    const opened: Room[] = [];
    const rooms = chatIds.map((chatId) => {
      let room = this.#rooms.get(chatId);
      if (!room) opened.push(room = this.#openRoom(chatId));
      this.enter(connection, room);
      return room;
    });
    if (opened.length > 0) await this.#readHeads(opened);
    await Promise.all(rooms.map((room) => room.ready));
  }

  async #readHeads(rooms: Room[]): Promise<void> {
    try {
      const heads = await this.store.chats.byIds(rooms.map((room) => room.chatId));
      const revs = new Map(heads.map((chat) => [chat.id, chat.rev]));
      for (const room of rooms) room.open(revs.get(room.chatId) ?? 0);
    } catch (error) {
      for (const room of rooms) room.fail(error);
    }
  }

  #openRoom(chatId: string): Room {
    const room = new Room(chatId, this);
    this.#rooms.set(chatId, room);
    return room;
  }

  #signal(signal: Signal): void {
    switch (signal.type) {
      case "chat":
        if (signal.members) this.#membersChanged(signal.chatId, signal.rev);
        return this.#rooms.get(signal.chatId)?.reach(signal.rev);
      case "room":
        return this.toRoom(signal.chatId, signal.event, signal.exceptUserId);
      case "users":
        return this.toUsers(signal.userIds, signal.event);
      case "sessions":
        return this.endSessions(signal.sessionIds);
      case "user":
        return;
    }
  }

  /** Someone joined or left elsewhere. A room that is open learns it from its rows; others open now. */
  async #membersChanged(chatId: string, rev: number): Promise<void> {
    if (this.#rooms.has(chatId) || this.#connections.size === 0) return;
    try {
      const members = await this.store.memberships.ofChat(chatId);
      const here = members.filter((row) => row.leftAt === null && this.isConnected(row.userId));
      if (here.length === 0 || this.#rooms.has(chatId)) return;
      const room = this.#openRoom(chatId);
      for (const { userId } of here) {
        for (const connection of this.connectionsOf(userId)) this.enter(connection, room);
      }
      room.open(Math.min(...here.map((row) => row.rev)) - 1);
      room.reach(rev);
    } catch (error) {
      this.log.warn("Looking up who joined a chat failed", { chatId, error });
    }
  }
}

/** How many there are now. */
function add(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  if (!set) {
    map.set(key, new Set([connection]));
    return 1;
  }
  return set.add(connection).size;
}

/** How many are left. */
function remove(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
  return set?.size ?? 0;
}
