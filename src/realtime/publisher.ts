import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Broker } from "../cluster/broker.ts";
import type { Hub } from "./hub.ts";
import { changesMembers } from "./room.ts";

/** Tells this instance's sockets, and the other instances, what has happened. */
export class Publisher {
  constructor(
    private readonly hub: Hub,
    private readonly broker: Broker,
    private readonly tracing: Tracing = NO_TRACING,
  ) {}

  /** Only after the commit is durable; other instances get a pointer, never a text. */
  commit(commit: ChatCommit): void {
    this.hub.commit(commit);
    const { chatId, rev } = commit;
    const membersAfter = changesMembers(commit) && { membersAfter: commit.after };
    const trace = this.tracing.traceparent();
    this.broker.publish({ type: "chat", chatId, rev, ...membersAfter, ...(trace && { trace }) });
  }

  /**
   * A chat is at `rev`, and nobody may have announced it; `after`, where it is known, is a head that was
   * announced. Whoever has delivered that revision already passes it over.
   */
  head(chatId: string, rev: number, after?: number): void {
    const signal = { type: "chat" as const, chatId, rev };
    const news = after === undefined ? signal : { ...signal, membersAfter: after };
    this.hub.signals([news]);
    this.broker.publish(news);
  }

  /** An ephemeral event for all who listen to the chat. */
  toRoom(chatId: string, event: WireEvent): void {
    this.hub.toRoom(chatId, event);
    this.broker.publish({ type: "room", chatId, event });
  }

  /** An ephemeral event for all who listen to any of the chats, once each, but `exceptUserIds`. */
  toRooms(chatIds: string[], event: WireEvent, exceptUserIds: string[]): void {
    if (chatIds.length === 0) return;
    this.hub.toRooms(chatIds, event, exceptUserIds);
    this.broker.publish({ type: "rooms", chatIds, event, exceptUserIds });
  }

  /** Whether someone is writing here; other instances tell their own clients what follows from it. */
  typing(chatId: string, userId: string, typing: boolean, silent = false): void {
    this.broker.publish({ type: "typing", chatId, userId, typing, ...(silent && { silent }) });
  }

  /** An ephemeral event for all connections of these users. */
  toUsers(userIds: string[], event: WireEvent): void {
    if (userIds.length === 0) return;
    this.hub.toUsers(userIds, event);
    this.broker.publish({ type: "users", userIds, event });
  }

  /** The sessions have ended: their sockets close, wherever they are. */
  endSessions(sessionIds: string[]): void {
    if (sessionIds.length === 0) return;
    this.hub.endSessions(sessionIds);
    this.broker.publish({ type: "sessions", sessionIds });
  }
}
