import type { AuditNote, AuditOrigin } from "../model/audit_entry.ts";
import type { ChatStep } from "../model/chat_step.ts";
import type { MemberRole } from "../model/membership.ts";
import { newOutboxEntry, type OutboxEntry, type OutboxEvent } from "../model/outbox_entry.ts";

export interface ChatRecord {
  rev: number;
  origin: AuditOrigin;
  note: AuditNote;
}

/**
 * Returns the events that the steps of a commit, and the audit records of who made them, mean for
 * people who are away.
 */
export function outboxEventsOf(
  steps: readonly ChatStep[],
  records: readonly ChatRecord[],
): OutboxEvent[] {
  return [...messagesSent(steps), ...records.flatMap(memberChanged), ...steps.flatMap(withdrawn)];
}

/** Returns null when there is nothing to deliver. */
export function outboxEntry(
  chatId: string,
  occurrences: OutboxEvent[],
  now: number,
): OutboxEntry | null {
  return occurrences.length === 0 ? null : newOutboxEntry(chatId, occurrences, now);
}

/**
 * Returns events for new messages. A push shows the newest message of a chat, so each sender's last
 * plain message, which concerns every member alike, stands for all of that sender's plain messages.
 * This keeps the entries of busy chats small.
 */
function messagesSent(steps: readonly ChatStep[]): OutboxEvent[] {
  const sent: OutboxEvent[] = [];
  const plain = new Set<string>();
  for (const step of steps.toReversed()) {
    if (step.type !== "message.created" || step.message.kind === "system") continue;
    if (step.message.shadow) continue;
    const { id: messageId, seq, senderId, mentions, replyTo } = step.message;
    if (mentions.length === 0 && replyTo === null) {
      if (plain.has(senderId)) continue;
      plain.add(senderId);
    }
    sent.push({ type: "message", messageId, seq, senderId, mentions, replyTo });
  }
  return sent.reverse();
}

/** Returns an event that withdraws the notifications of a deleted message or a former member. */
function withdrawn(step: ChatStep): OutboxEvent[] {
  if (step.type === "message.deleted") return [{ type: "deleted", messageId: step.message.id }];
  if (step.type !== "member.updated" || step.member.leftAt === null) return [];
  return [{ type: "left", userId: step.member.userId }];
}

function memberChanged({ rev, origin: { actorId }, note }: ChatRecord): OutboxEvent[] {
  const { action, userId, details } = note;
  if (actorId === null || userId === undefined || userId === actorId) return [];
  if (action === "member.added") return [{ type: "added", userId, actorId }];
  if (action !== "member.role_changed" || details?.to === undefined) return [];
  return [{ type: "role", userId, actorId, role: details.to as MemberRole, rev }];
}
