import type { ChatCommit, ChatStep } from "../../model/chat_step.ts";
import type { WireEvent } from "../../model/event.ts";
import { chatView } from "./chat.ts";
import { type Changes, type ChangesView, changesView, noChanges } from "./changes.ts";
import { handshakeView } from "./handshake.ts";
import { memberEventView } from "./member.ts";
import { type MessageView, messageView } from "./message.ts";

/** A step, or several changes of one message: the revisions `(after, rev]`. */
export type MergedStep = ChatStep & { after?: number };

export function stepEvent(chatId: string, step: MergedStep): WireEvent {
  const { type: event, rev, after } = step;
  return { event, chatId, rev, ...(after !== undefined && { after }), data: stepData(step) };
}

/**
 * Merges consecutive changes of one message into one, in its last state and with all reactions:
 * when a thousand users react at once, this makes a few events instead of a thousand.
 */
export function mergeUpdates(steps: readonly ChatStep[]): MergedStep[] {
  const merged: MergedStep[] = [];
  for (const step of steps) {
    const last = merged.at(-1);
    if (
      step.type !== "message.updated" || last?.type !== "message.updated" ||
      last.message.id !== step.message.id
    ) {
      merged.push(step);
      continue;
    }
    const reacted = [...last.reacted ?? [], ...step.reacted ?? []];
    const after = last.after ?? last.rev - 1;
    merged[merged.length - 1] = { ...step, after, ...(reacted.length > 0 && { reacted }) };
  }
  return merged;
}

function stepData(step: ChatStep): unknown {
  switch (step.type) {
    case "chat.updated":
      return chatView(step.chat);
    case "member.updated":
      return memberEventView(step);
    case "mls.commit":
      return handshakeView(step.handshake);
    default:
      return step.reacted
        ? { ...messageView(step.message), reacted: step.reacted }
        : messageView(step.message);
  }
}

/**
 * Number of members in one commit above which they are sent as one event instead of one event each.
 */
const MEMBERS_AS_ONE = 20;

/**
 * True if a commit adds many members (a new group, for example) and is sent as one event for its
 * whole range.
 */
export function leavesWhole(commit: ChatCommit): boolean {
  return commit.steps.length > MEMBERS_AS_ONE &&
    commit.steps.some((step) => step.type === "member.updated") &&
    commit.steps.every((step) => step.type !== "message.created");
}

export function changesEvent(changes: Changes): WireEvent {
  const { chatId, rev, after } = changes;
  return { event: "chat.changes", chatId, rev, after, data: changesView(changes) };
}

/**
 * Returns the event for a member who may not see the messages up to `hiddenSeq`: it still covers
 * its revisions, so that the client's cursor has no gap.
 */
export function withoutHidden(event: WireEvent, hiddenSeq: number): WireEvent {
  const { chatId, rev, data } = event;
  if (chatId === undefined || rev === undefined) return event;
  if (event.event === "chat.changes") {
    const { messages, ...changes } = data as ChangesView;
    if (messages.every(({ seq }) => seq > hiddenSeq)) return event;
    const shown = messages.filter(({ seq }) => seq > hiddenSeq);
    return { ...event, data: { ...changes, messages: shown } };
  }
  if (!event.event.startsWith("message.") || (data as MessageView).seq > hiddenSeq) return event;
  return changesEvent(noChanges(chatId, event.after ?? rev - 1, rev));
}

/** The senders of shadowed messages, by the ids of these. */
export type ShadowSenders = ReadonlyMap<string, string>;

/**
 * Returns the event for a user to whom only their own shadowed messages are shown: it still covers
 * its revisions.
 */
export function withoutShadows(
  event: WireEvent,
  senders: ShadowSenders,
  userId: string | null,
): WireEvent {
  const { chatId, rev, data } = event;
  if (chatId === undefined || rev === undefined) return event;
  const isShown = ({ id }: MessageView) => (senders.get(id) ?? userId) === userId;
  if (event.event === "chat.changes") {
    const { messages, ...changes } = data as ChangesView;
    return { ...event, data: { ...changes, messages: messages.filter(isShown) } };
  }
  if (!event.event.startsWith("message.") || isShown(data as MessageView)) return event;
  return changesEvent(noChanges(chatId, event.after ?? rev - 1, rev));
}

/**
 * Returns the steps that led to the rows, if each revision of the range still has its row: then the
 * same events can be sent that the instance of the commit has sent. Returns null if a row was
 * changed twice, because an earlier revision of it is no longer available.
 */
export function stepsOf(changes: Changes): ChatStep[] | null {
  const steps: ChatStep[] = [
    ...changes.messages.map((message): ChatStep => ({
      type: message.seq === message.rev
        ? "message.created"
        : message.deletedAt !== null
        ? "message.deleted"
        : "message.updated",
      rev: message.rev,
      message,
    })),
    ...changes.members.map((member, at): ChatStep => ({
      type: "member.updated",
      rev: member.rev,
      member,
      // Only the count after all of them is known.
      ...(at === changes.members.length - 1 && { memberCount: changes.memberCount }),
    })),
    ...changes.commits.map((handshake): ChatStep => ({
      type: "mls.commit",
      rev: handshake.rev,
      handshake,
    })),
  ];
  const { chat } = changes;
  if (chat) steps.push({ type: "chat.updated", rev: chat.detailsRev, chat });
  return steps.length === changes.rev - changes.after ? steps.sort((a, b) => a.rev - b.rev) : null;
}
