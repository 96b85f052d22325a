import { timeOfId } from "../../core/id_time.ts";
import type { WireEvent } from "../../model/event.ts";
import type { CompactMessageView, MessageEventView } from "./message.ts";
import type { CompactReceiptsView, ReceiptsView, ReceiptView } from "./member.ts";

/**
 * Returns the event as connections get it that said `compact` in hello: without fields that have
 * their usual value. A text of 120 characters then takes half the bytes. The client
 * library's `fillIn` is the reverse.
 */
export function compactEvent(event: WireEvent): WireEvent {
  const { event: name, chatId, rev, after } = event;
  if (name.startsWith("message.")) {
    const data = compactMessage(event.data as MessageEventView, rev!);
    return { event: name, chatId, rev, after, data };
  }
  if (name !== "receipt.updated") return event;
  return { event: name, chatId, data: compactReceipts(event.data as ReceiptsView) };
}

/** JSON leaves out what is undefined. */
function compactMessage(message: MessageEventView, rev: number): CompactMessageView {
  const { id, seq, clientId, kind, createdAt } = message;
  const { chatId: _, ...rest } = message;
  return {
    ...rest,
    seq: seq === rev ? undefined : seq,
    rev: message.rev === rev ? undefined : message.rev,
    clientId: clientId === id ? undefined : clientId,
    kind: kind === "text" ? undefined : kind,
    text: message.text || undefined,
    media: filled(message.media),
    replyTo: message.replyTo ?? undefined,
    mentions: filled(message.mentions),
    reactions: filled(message.reactions),
    createdAt: Date.parse(createdAt) === timeOfId(id) ? undefined : createdAt,
    editedAt: message.editedAt ?? undefined,
    deletedAt: message.deletedAt ?? undefined,
    pinnedAt: message.pinnedAt ?? undefined,
  };
}

function compactReceipts({ others, ...first }: ReceiptsView): CompactReceiptsView {
  return { ...withoutChat(first), others: others?.map(withoutChat) };
}

function withoutChat({ userId, readSeq, deliveredSeq }: ReceiptView) {
  return { userId, readSeq, deliveredSeq };
}

function filled<Item>(items: Item[]): Item[] | undefined {
  return items.length === 0 ? undefined : items;
}
