import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Membership } from "../model/membership.ts";
import { receiptView } from "../wire/member.ts";
import type { Broker } from "./broker.ts";
import type { Hub } from "./hub.ts";

/** Tells this instance's sockets, and the other instances, what has happened. */
export class Publisher {
  constructor(private readonly hub: Hub, private readonly broker: Broker) {}

  /** Only after the commit is durable; other instances get a pointer, never a text. */
  commit(commit: ChatCommit): void {
    this.hub.commit(commit);
    const { chatId, rev } = commit;
    const members = commit.steps.some((step) => step.type === "member.updated");
    this.broker.publish({ type: "chat", chatId, rev, ...(members && { members }) });
  }

  /** An ephemeral event for all who listen to the chat but `exceptUserId`. */
  toRoom(chatId: string, event: WireEvent, exceptUserId?: string): void {
    this.hub.toRoom(chatId, event, exceptUserId);
    this.broker.publish({ type: "room", chatId, event, ...(exceptUserId && { exceptUserId }) });
  }

  /** A member's cursors have moved. */
  receipt(member: Membership): void {
    const { chatId } = member;
    this.toRoom(chatId, { event: "receipt.updated", chatId, data: receiptView(member) });
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

  /** What instances remember of this user (whom they block, say) is out of date. */
  userChanged(userId: string): void {
    this.broker.publish({ type: "user", userId });
  }
}
