import type { Chat } from "./chat.ts";
import type { Handshake } from "./handshake.ts";
import type { Membership } from "./membership.ts";
import type { Message, ReactionChange } from "./message.ts";
import type { OutboxEntry } from "./outbox_entry.ts";
import type { WebhookDelivery } from "./webhook.ts";

/** One revision of a chat: what it did, with the row as that revision left it. */
export type ChatStep =
  | {
    type: "message.created" | "message.updated" | "message.deleted";
    rev: number;
    message: Message;
    /** The user who added or removed a reaction, if the step did that. */
    reacted?: ReactionChange[];
  }
  | {
    type: "member.updated";
    rev: number;
    member: Membership;
    /** Present members after the step, where it is known. */
    memberCount?: number;
  }
  | { type: "chat.updated"; rev: number; chat: Chat }
  | { type: "mls.commit"; rev: number; handshake: Handshake };

/** The revisions `(after, rev]` of one chat, one step each, in order, as one commit made them. */
export interface ChatCommit {
  chatId: string;
  after: number;
  rev: number;
  steps: ChatStep[];
  /** Outbox entries written in the same transaction. */
  outbox?: OutboxEntry;
  /** Webhook deliveries written in the same transaction. */
  webhooks?: WebhookDelivery[];
}
