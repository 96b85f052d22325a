import type { CompactReceiptsView } from "../api/views/member.ts";
import type { CompactMessageView, MessageEventView } from "../api/views/message.ts";
import { timeOfId } from "../core/id_time.ts";
import type { EventName, WireEvent } from "../model/event.ts";

/** Returns the full event for a compact one; a full event comes back unchanged. */
export function fillIn<Event extends { event: EventName; data: unknown }>(event: Event): Event {
  const { event: name, chatId, rev, data } = event as Event & Required<WireEvent>;
  if (name.startsWith("message.")) {
    return { ...event, data: fullMessage(data as CompactMessageView, chatId, rev) };
  }
  if (name !== "receipt.updated") return event;
  const { others, ...first } = data as CompactReceiptsView;
  const full = {
    chatId,
    ...first,
    ...(others && { others: others.map((each) => ({ chatId, ...each })) }),
  };
  return { ...event, data: full };
}

function fullMessage(message: CompactMessageView, chatId: string, rev: number): MessageEventView {
  const { id } = message;
  return {
    chatId,
    seq: rev,
    rev,
    clientId: id,
    kind: "text",
    text: "",
    media: [],
    replyTo: null,
    mentions: [],
    reactions: [],
    createdAt: message.createdAt ?? new Date(timeOfId(id)).toISOString(),
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    ...message,
  };
}
