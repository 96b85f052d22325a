import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Broker } from "../cluster/broker.ts";
import type { Hub } from "./hub.ts";
import { changesMembers } from "./room.ts";

/** Delivers events to this instance's sockets, and publishes them to the other instances. */
export class Publisher {
  constructor(
    private readonly hub: Hub,
    private readonly broker: Broker,
    private readonly tracing: Tracing = NO_TRACING,
  ) {}

  /** Call only after the commit is durable; other instances get a pointer, never a text. */
  commit(commit: ChatCommit): void {
    this.hub.commit(commit);
    this.broker.handOver?.(commit);
    const { chatId, rev } = commit;
    const membersAfter = changesMembers(commit) && { membersAfter: commit.after };
    const trace = this.tracing.traceparent();
    this.broker.publish({ type: "chat", chatId, rev, ...membersAfter, ...(trace && { trace }) });
  }

  /**
   * Announces that a chat is at `rev`, which may not have been announced before; `after`, where it
   * is known, is a head that was announced. Rooms that have delivered that revision already ignore
   * it.
   */
  head(chatId: string, rev: number, after?: number): void {
    const signal = { type: "chat" as const, chatId, rev };
    const news = after === undefined ? signal : { ...signal, membersAfter: after };
    this.hub.signals([news]);
    this.broker.publish(news);
  }

  /** Sends an ephemeral event to everyone who listens to the chat. */
  toRoom(chatId: string, event: WireEvent): void {
    this.hub.toRoom(chatId, event);
    this.broker.publish({ type: "room", chatId, event });
  }

  /**
   * Sends an ephemeral event to everyone who listens to any of the chats, once each, except
   * `exceptUserIds`.
   */
  toRooms(chatIds: string[], event: WireEvent, exceptUserIds: string[]): void {
    if (chatIds.length === 0) return;
    this.hub.toRooms(chatIds, event, exceptUserIds);
    this.broker.publish({ type: "rooms", chatIds, event, exceptUserIds });
  }

  /**
   * Publishes whether a user is typing on this instance; other instances notify their own clients
   * accordingly.
   */
  typing(chatId: string, userId: string, typing: boolean, silent = false): void {
    this.broker.publish({ type: "typing", chatId, userId, typing, ...(silent && { silent }) });
  }

  /**
   * Lets the other instances end what a user types there: all of it, or what `peerId` would see.
   */
  hideTyping(userId: string, peerId?: string): void {
    this.broker.publish({ type: "typing.hide", userId, ...(peerId !== undefined && { peerId }) });
  }

  /** Sends an ephemeral event to all connections of these users. */
  toUsers(userIds: string[], event: WireEvent): void {
    if (userIds.length === 0) return;
    this.hub.toUsers(userIds, event);
    this.broker.publish({ type: "users", userIds, event });
  }

  /** Tells the other instances that settings or webhook endpoints have changed. */
  settings(): void {
    this.broker.publish({ type: "settings" });
  }

  /** Closes the sockets of ended sessions, on every instance. */
  endSessions(sessionIds: string[]): void {
    if (sessionIds.length === 0) return;
    this.hub.endSessions(sessionIds);
    this.broker.publish({ type: "sessions", sessionIds });
  }
}
