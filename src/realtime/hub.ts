import { Slots } from "../core/concurrency.ts";
import { AppError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Arrival } from "../store/arrival_store.ts";
import type { Store } from "../store/store.ts";
import type { Signal } from "../cluster/broker.ts";
import { ConnectionIndex } from "./connection_index.ts";
import type { CloseReason } from "../api/close_codes.ts";
import type { Connection } from "./connection.ts";
import { type DeliveryMetrics, NO_DELIVERY_METRICS } from "./delivery_metrics.ts";
import { EncodedEvents, type Listener } from "./encoded_events.ts";
import { Recovery } from "./recovery.ts";
import { Retries } from "./retries.ts";
import type { ChangeSource } from "./room.ts";
import { Subscriptions, type UserChats } from "./subscriptions.ts";

/** Tells presence about a user's first and last connection to this instance. */
export interface HubListener {
  onFirstConnection(userId: string): void;
  onLastConnection(userId: string): void;
}

/** The parts of the Store that the hub reads. */
export type HubStore = Pick<Store, "arrivals" | "chats" | "memberships" | "sessions">;

/** Rows that a connection begins with. */
export type Attached = Omit<Arrival, "chats"> & { chats: UserChats };

export interface HubOptions {
  /** Milliseconds before a failed read of the Store is retried. */
  retryMs?: number;
  figures?: DeliveryMetrics;
}

/**
 * Connections that read their session and chats at a time: a crowd that comes at once leaves the
 * store time for everybody else.
 */
const ATTACHING_AT_ONCE = 16;

/** All connections of this instance, and the path of every event to its recipients. */
export class Hub {
  readonly #connections = new ConnectionIndex();
  readonly #subscriptions: Subscriptions;
  readonly #recovery: Recovery;
  readonly #listeners: HubListener[] = [];
  readonly #retries: Retries;
  readonly #attaching = new Slots(ATTACHING_AT_ONCE);
  #closed = false;

  constructor(
    private readonly store: HubStore,
    changes: ChangeSource,
    log: Log,
    { retryMs = 1_000, figures = NO_DELIVERY_METRICS }: HubOptions = {},
  ) {
    const retries = this.#retries = new Retries(retryMs);
    const connections = this.#connections;
    this.#subscriptions = new Subscriptions({
      store,
      changes,
      log,
      connections,
      retries,
      figures,
    });
    this.#recovery = new Recovery({
      hub: this,
      connections,
      subscriptions: this.#subscriptions,
      store,
      retries,
      log,
    });
  }

  /** Number of rooms, and of users whose chats are being read: both end with their listeners. */
  get held(): { rooms: number; reads: number } {
    return { rooms: this.#subscriptions.roomCount, reads: this.#subscriptions.readCount };
  }

  get size(): number {
    return this.#connections.size;
  }

  listen(listener: HubListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Subscribes the connection to all its user's chats. It gets no events until it is released;
   * everything that is committed after this resolves reaches it. Throws `unauthenticated` if the
   * session has ended in the meantime: the code that ended it could not know of this connection
   * yet. Returns what was read before, with all of the user's chats.
   */
  async attach(connection: Connection): Promise<Attached> {
    if (this.#closed) throw new AppError("unavailable", "Cannot connect: the server is stopping");
    const { userId, sessionId } = connection.caller;
    if (this.#connections.add(connection)) {
      for (const listener of this.#listeners) listener.onFirstConnection(userId);
    }
    let arrival: Arrival | undefined;
    const chats = await this.#attaching.run(() =>
      this.#subscriptions.subscribe(userId, [connection], async (limit) => {
        arrival = await this.store.arrivals.of(userId, sessionId, limit);
        return arrival.chats;
      })
    );
    // Nothing was read for a connection that ended while it waited.
    const session = arrival?.session ?? null;
    if (session === null || session.endedAt !== null) throw sessionEnded();
    return { ...arrival!, chats };
  }

  /** Safe to call twice. */
  detach(connection: Connection): void {
    const last = this.#connections.remove(connection);
    if (last === null) return;
    this.#subscriptions.unsubscribe(connection);
    if (!last) return;
    for (const listener of this.#listeners) listener.onLastConnection(connection.caller.userId);
  }

  /** Delivers a commit of this instance. */
  commit(commit: ChatCommit): void {
    this.#subscriptions.commit(commit);
  }

  /** Applies signals of other instances. */
  signals(signals: readonly Signal[]): void {
    for (const signal of signals) this.#signal(signal);
  }

  /**
   * Signals may have been missed: checks every chat with listeners and every user's chats and
   * sessions, and, with `resync`, tells every client to catch up.
   */
  recover(resync = true): Promise<void> {
    return this.#recovery.run(resync);
  }

  /**
   * Lets at most `limit` rooms catch up with the heads in the Store; the next call continues with
   * the others.
   */
  compareHeads(limit: number): Promise<void> {
    return this.#subscriptions.checkSomeHeads(limit);
  }

  toRoom(chatId: string, event: WireEvent, exceptUserId?: string): void {
    this.#subscriptions.room(chatId)?.signal(event, exceptUserId);
  }

  /** Each connection gets the event once, however many of the chats it listens to. */
  toRooms(chatIds: Iterable<string>, event: WireEvent, exceptUserIds: Iterable<string>): void {
    const outbound = new EncodedEvents([event]);
    const except = new Set(exceptUserIds);
    const delivered = new Set<Listener>();
    for (const chatId of chatIds) {
      for (const connection of this.#subscriptions.room(chatId)?.listeners ?? []) {
        if (delivered.has(connection) || except.has(connection.caller.userId)) continue;
        delivered.add(connection);
        connection.deliver(outbound);
      }
    }
  }

  toUsers(userIds: Iterable<string>, event: WireEvent): void {
    const outbound = new EncodedEvents([event]);
    for (const userId of userIds) {
      for (const connection of this.connectionsOf(userId)) connection.deliver(outbound);
    }
  }

  /** Notifies the sockets of ended sessions, and closes them. */
  endSessions(sessionIds: readonly string[]): void {
    for (const sessionId of sessionIds) {
      const event: WireEvent = { event: "session.ended", data: { sessionId, reason: "ended" } };
      for (const connection of this.#connections.ofSession(sessionId)) {
        connection.deliver(new EncodedEvents([event]));
        connection.sink.close("unauthenticated", sessionEnded());
        this.detach(connection);
      }
    }
  }

  /**
   * Closes the sockets whose access token has expired at `now`; cheap enough to run every second.
   */
  closeExpired(now: number): void {
    for (const connection of this.#connections.all()) {
      if (connection.caller.tokenExpiresAt > now) continue;
      const error = new AppError("token_expired", "The access token has expired");
      connection.sink.close("unauthenticated", error);
      this.detach(connection);
    }
  }

  /** Closes every connection, and refuses new ones from now on. */
  closeAll(reason: CloseReason): void {
    this.#closed = true;
    this.#retries.close();
    for (const connection of this.#connections.all()) {
      connection.sink.close(reason);
      this.detach(connection);
    }
    this.#subscriptions.close();
  }

  isConnected(userId: string): boolean {
    return this.#connections.hasUser(userId);
  }

  connectionsOf(userId: string): Iterable<Connection> {
    return this.#connections.ofUser(userId);
  }

  #signal(signal: Signal): void {
    switch (signal.type) {
      case "chat":
        return this.#subscriptions.notify(signal.chatId, signal.rev, signal.membersAfter);
      case "room":
        return this.toRoom(signal.chatId, signal.event);
      case "rooms":
        return this.toRooms(signal.chatIds, signal.event, signal.exceptUserIds);
      case "users":
        return this.toUsers(signal.userIds, signal.event);
      case "sessions":
        return this.endSessions(signal.sessionIds);
      case "typing":
      case "typing.hide":
      case "settings":
        return;
    }
  }
}

function sessionEnded(): AppError {
  return new AppError("unauthenticated", "The session has ended");
}
