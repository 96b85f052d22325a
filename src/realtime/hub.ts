import { AppError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Store } from "../store/store.ts";
import type { Signal } from "./broker.ts";
import { ConnectionIndex } from "./connection_index.ts";
import type { CloseReason, Connection } from "./connection.ts";
import { Outbound } from "./outbound.ts";
import { forEachOf } from "./concurrency.ts";
import { type ChangeSource, Room, type RoomHost } from "./room.ts";

/** Tells presence when a user comes to this instance and goes from it. */
export interface HubListener {
  onFirstConnection(userId: string): void;
  onLastConnection(userId: string): void;
}

/** The parts of the Store that the hub reads. */
export type HubStore = Pick<Store, "chats" | "memberships" | "sessions">;

export interface HubOptions {
  /** Milliseconds before what the Store refused is tried again. */
  retryMs?: number;
}

/** Users who are looked up at once after a gap: the Store has to serve requests meanwhile. */
const RECOVER_AT_ONCE = 8;
/** Chats whose heads are asked for in one query. */
const HEADS_AT_ONCE = 500;

/**
 * All that is connected to this instance, and who of it hears what.
 *
 * A member hears a chat's events without asking: a connection listens to every chat that its user is a
 * member of. Rooms exist only for chats that someone here listens to, so a ring for any other chat
 * costs nothing.
 */
export class Hub implements RoomHost {
  readonly #connections = new ConnectionIndex();
  readonly #rooms = new Map<string, Room>();
  readonly #listeners: HubListener[] = [];
  readonly #retryMs: number;
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  #recovering = false;
  #recoverAgain = false;
  #closed = false;

  constructor(
    private readonly store: HubStore,
    readonly changes: ChangeSource,
    readonly log: Log,
    { retryMs = 1_000 }: HubOptions = {},
  ) {
    this.#retryMs = retryMs;
  }

  get size(): number {
    return this.#connections.size;
  }

  listen(listener: HubListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Makes the connection a listener of all its user's chats. It hears nothing until it is released;
   * whatever is committed after this resolves will reach it. Throws `unauthenticated` when the session
   * has ended meanwhile: whoever ended it could not know of this connection yet.
   */
  async attach(connection: Connection): Promise<void> {
    if (this.#closed) throw new AppError("unavailable", "Connecting: the server is stopping");
    const { userId, sessionId } = connection.caller;
    if (this.#connections.add(connection)) {
      for (const listener of this.#listeners) listener.onFirstConnection(userId);
    }
    const [alive] = await Promise.all([this.#isAlive(sessionId), this.#settle(connection)]);
    if (!alive) throw sessionEnded();
  }

  /** Safe to call twice. */
  detach(connection: Connection): void {
    const last = this.#connections.remove(connection);
    if (last === null) return;
    for (const room of [...connection.rooms]) this.#leave(connection, room);
    if (!last) return;
    for (const listener of this.#listeners) listener.onLastConnection(connection.caller.userId);
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
    const opened = this.#newRoom(commit.chatId);
    for (const connection of joined) this.#letIn(connection, opened);
    opened.open(commit.after);
    opened.commit(commit);
  }

  /** What other instances tell. */
  signals(signals: readonly Signal[]): void {
    for (const signal of signals) this.#signal(signal);
  }

  /**
   * Rings may have been missed: every chat that is listened to is checked, every user's chats and
   * sessions, and every client is told to catch up. Gently, since thousands may be connected.
   */
  async recover(): Promise<void> {
    if (this.#recovering) return void (this.#recoverAgain = true);
    this.#recovering = true;
    do {
      this.#recoverAgain = false;
      await this.#recoverRooms();
      await forEachOf([...this.#connections.users()], RECOVER_AT_ONCE, (userId) => {
        return this.#recoverUser(userId);
      });
    } while (this.#recoverAgain && !this.#closed);
    this.#recovering = false;
  }

  toRoom(chatId: string, event: WireEvent, exceptUserId?: string): void {
    this.#rooms.get(chatId)?.signal(event, exceptUserId);
  }

  /** Everyone hears it once, however many of the chats they listen to. */
  toRooms(chatIds: Iterable<string>, event: WireEvent, exceptUserIds: Iterable<string>): void {
    const outbound = new Outbound([event]);
    const except = new Set(exceptUserIds);
    const told = new Set<Connection>();
    for (const chatId of chatIds) {
      for (const connection of this.#rooms.get(chatId)?.listeners ?? []) {
        if (told.has(connection) || except.has(connection.caller.userId)) continue;
        told.add(connection);
        connection.deliver(outbound);
      }
    }
  }

  toUsers(userIds: Iterable<string>, event: WireEvent): void {
    const outbound = new Outbound([event]);
    for (const userId of userIds) {
      for (const connection of this.connectionsOf(userId)) connection.deliver(outbound);
    }
  }

  /** Tells the sockets of ended sessions so, and closes them. */
  endSessions(sessionIds: readonly string[], reason = "ended"): void {
    for (const sessionId of sessionIds) {
      const event: WireEvent = { event: "session.ended", data: { sessionId, reason } };
      for (const connection of this.#connections.ofSession(sessionId)) {
        connection.deliver(new Outbound([event]));
        connection.sink.close("unauthenticated", sessionEnded());
        this.detach(connection);
      }
    }
  }

  /** Closes the sockets whose access token has run out at `now`; cheap enough for every second. */
  closeExpired(now: number): void {
    for (const connection of this.#connections.all()) {
      if (connection.caller.tokenExpiresAt > now) continue;
      const error = new AppError("token_expired", "The access token has expired");
      connection.sink.close("unauthenticated", error);
      this.detach(connection);
    }
  }

  /** Closes every connection, and lets none in any more. */
  closeAll(reason: CloseReason): void {
    this.#closed = true;
    for (const retry of this.#retries) clearTimeout(retry);
    for (const connection of this.#connections.all()) {
      connection.sink.close(reason);
      this.detach(connection);
    }
  }

  isConnected(userId: string): boolean {
    return this.#connections.hasUser(userId);
  }

  /** The users who are connected here. */
  users(): IterableIterator<string> {
    return this.#connections.users();
  }

  connectionsOf(userId: string): Iterable<Connection> {
    return this.#connections.ofUser(userId);
  }

  admit(userId: string, room: Room): void {
    for (const connection of this.connectionsOf(userId)) this.#letIn(connection, room);
  }

  dismiss(userId: string, room: Room): void {
    for (const connection of this.connectionsOf(userId)) {
      connection.moved.add(room.chatId);
      connection.rooms.delete(room);
      room.listeners.delete(connection);
    }
  }

  onEmpty(room: Room): void {
    if (room.listeners.size > 0 || room.isEmitting) return;
    room.close();
    if (this.#rooms.get(room.chatId) === room) this.#rooms.delete(room.chatId);
  }

  #letIn(connection: Connection, room: Room): void {
    connection.moved.add(room.chatId);
    this.#enter(connection, room);
  }

  #enter(connection: Connection, room: Room): void {
    if (!this.#connections.has(connection)) return;
    connection.rooms.add(room);
    room.listeners.add(connection);
  }

  #leave(connection: Connection, room: Room): void {
    connection.rooms.delete(room);
    room.listeners.delete(connection);
    this.onEmpty(room);
  }

  /**
   * Looks up the user's chats until a look finds nothing that was not known: someone may join or leave
   * a chat whose room is not open here between the look and the opening, and no ring would tell.
   */
  async #settle(connection: Connection): Promise<void> {
    for (let entered = true; entered && this.#connections.has(connection);) {
      connection.moved.clear();
      const chatIds = await this.#chatsOf(connection.caller.userId);
      entered = await this.#adjust(connection, chatIds);
    }
  }

  /** True if it entered anything. What news have told since the look began is newer than the look. */
  async #adjust(connection: Connection, chatIds: ReadonlySet<string>): Promise<boolean> {
    const known = new Set<string>();
    for (const room of [...connection.rooms]) {
      known.add(room.chatId);
      if (chatIds.has(room.chatId) || connection.moved.has(room.chatId)) continue;
      this.#leave(connection, room);
    }
    const missing = [...chatIds].filter((id) => !known.has(id) && !connection.moved.has(id));
    await this.#enterAll(connection, missing);
    return missing.length > 0;
  }

  async #chatsOf(userId: string): Promise<Set<string>> {
    const rows = await this.store.memberships.ofUser(userId);
    return new Set(rows.filter((row) => row.leftAt === null).map((row) => row.chatId));
  }

  async #isAlive(sessionId: string): Promise<boolean> {
    const session = await this.store.sessions.byId(sessionId);
    return session !== null && session.endedAt === null;
  }

  /**
   * Rooms that are new here are registered first, so that no commit slips by while heads are read;
   * rooms that another connection is just opening are waited for.
   */
  async #enterAll(connection: Connection, chatIds: string[]): Promise<void> {
    if (!this.#connections.has(connection)) return;
    const opened: Room[] = [];
    const rooms = chatIds.map((chatId) => {
      let room = this.#rooms.get(chatId);
      if (!room) opened.push(room = this.#newRoom(chatId));
      this.#enter(connection, room);
      return room;
    });
    const ready = Promise.all(rooms.map((room) => room.ready));
    for (let at = 0; at < opened.length; at += HEADS_AT_ONCE) {
      await this.#readHeads(opened.slice(at, at + HEADS_AT_ONCE));
    }
    await ready;
  }

  /** Where it fails, whoever waits is refused; if someone listens nevertheless, it is tried again. */
  async #readHeads(rooms: Room[]): Promise<void> {
    try {
      const heads = await this.store.chats.byIds(rooms.map((room) => room.chatId));
      const revs = new Map(heads.map((chat) => [chat.id, chat.rev]));
      for (const room of rooms) room.open(revs.get(room.chatId) ?? 0);
    } catch (error) {
      for (const room of rooms) room.fail(error);
      this.#later(() => {
        const waiting = rooms.filter((room) => this.#isWaiting(room));
        if (waiting.length > 0) this.#readHeads(waiting);
      });
    }
  }

  #isWaiting(room: Room): boolean {
    return !room.isOpen && this.#rooms.get(room.chatId) === room && room.listeners.size > 0;
  }

  #newRoom(chatId: string): Room {
    const room = new Room(chatId, this);
    this.#rooms.set(chatId, room);
    return room;
  }

  async #recoverRooms(): Promise<void> {
    const chatIds = [...this.#rooms.keys()];
    for (let at = 0; at < chatIds.length; at += HEADS_AT_ONCE) {
      try {
        const heads = await this.store.chats.byIds(chatIds.slice(at, at + HEADS_AT_ONCE));
        for (const { id, rev } of heads) this.#rooms.get(id)?.reach(rev);
      } catch (error) {
        this.log.warn("Checking chats after a gap failed", { error });
        return this.#later(() => this.recover());
      }
    }
  }

  async #recoverUser(userId: string): Promise<void> {
    try {
      const connections = [...this.connectionsOf(userId)];
      const sessionIds = new Set(connections.map(({ caller }) => caller.sessionId));
      for (const sessionId of sessionIds) {
        if (!await this.#isAlive(sessionId)) this.endSessions([sessionId]);
      }
      for (const connection of connections) connection.moved.clear();
      const chatIds = await this.#chatsOf(userId);
      for (const connection of connections) await this.#adjust(connection, chatIds);
      this.toUsers([userId], { event: "resync", data: {} });
    } catch (error) {
      this.log.warn("Checking a user's chats after a gap failed", { userId, error });
      this.#later(() => this.#recoverUser(userId));
    }
  }

  #signal(signal: Signal): void {
    switch (signal.type) {
      case "chat":
        return this.#ring(signal.chatId, signal.rev, signal.membersAfter);
      case "room":
        return this.toRoom(signal.chatId, signal.event, signal.exceptUserId);
      case "rooms":
        return this.toRooms(signal.chatIds, signal.event, signal.exceptUserIds);
      case "users":
        return this.toUsers(signal.userIds, signal.event);
      case "sessions":
        return this.endSessions(signal.sessionIds);
      case "typing":
      case "user":
        return;
    }
  }

  #ring(chatId: string, rev: number, membersAfter?: number): void {
    const room = this.#rooms.get(chatId);
    if (membersAfter === undefined) return room?.reach(rev);
    if (!room) return void this.#openForJoiners(chatId, membersAfter, rev);
    room.startAfter(membersAfter);
    room.reach(rev);
  }

  /**
   * Someone joined or left a chat elsewhere that nobody here listens to. The room is registered before
   * the look, so that whoever connects meanwhile shares it.
   */
  async #openForJoiners(chatId: string, after: number, rev: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const room = this.#newRoom(chatId);
    room.startAfter(after);
    room.reach(rev);
    try {
      const members = await this.store.memberships.ofChat(chatId);
      for (const { userId, leftAt } of members) {
        if (leftAt !== null) continue;
        this.admit(userId, room);
      }
      if (room.listeners.size > 0) room.open(rev);
    } catch (error) {
      this.log.warn("Looking up who joined a chat failed", { chatId, error });
      room.fail(error);
      this.#later(() => {
        if (this.#isWaiting(room)) this.#readHeads([room]);
        else this.#ring(chatId, rev, after);
      });
    }
    this.onEmpty(room);
  }

  #later(work: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      work();
    }, this.#retryMs);
    this.#retries.add(timer);
    Deno.unrefTimer(timer);
  }
}

function sessionEnded(): AppError {
  return new AppError("unauthenticated", "The session has ended");
}
