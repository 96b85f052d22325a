import { toTimestamp } from "../core/clock.ts";
import type { WebhookDelivery, WebhookEvent } from "../model/webhook.ts";
import type { Message } from "../model/message.ts";
import type { Store } from "../store/store.ts";
import { chatView } from "../api/views/chat.ts";
import { mediaView } from "../api/views/media.ts";
import { memberView } from "../api/views/member.ts";
import { messageView } from "../api/views/message.ts";
import { adminReportView } from "../api/views/report.ts";
import { userView } from "../api/views/user.ts";
import type { WebhookPayload } from "../api/views/webhook_events.ts";

/** Stores that events refer to. */
export type EventRows = Pick<
  Store,
  "messages" | "chats" | "memberships" | "users" | "media" | "reports" | "handshakes"
>;

/**
 * Builds what endpoints receive, from the rows as they are now: an event that is sent late or again
 * shows a text as it was edited since, and never one that was deleted.
 */
export class WebhookPayloads {
  constructor(private readonly rows: EventRows) {}

  /** Returns the payloads of the deliveries' events, in order; `data` is null for a missing row. */
  async of(deliveries: readonly WebhookDelivery[]): Promise<WebhookPayload[]> {
    const messages = await this.#messages(deliveries.flatMap(({ events }) => events));
    const payloads = deliveries.flatMap((delivery) =>
      delivery.events.map(async (event) => {
        const data = isOfMessage(event) ? messages.get(event.id) : await this.#data(event);
        return payloadOf(event, data ?? null);
      })
    );
    return await Promise.all(payloads);
  }

  async #messages(events: readonly WebhookEvent[]): Promise<Map<string, object>> {
    const ids = events.filter(isOfMessage).map(({ id }) => id);
    if (ids.length === 0) return new Map();
    const found = await this.rows.messages.byIds([...new Set(ids)]);
    return new Map(found.map((message: Message) => [message.id, messageView(message)]));
  }

  async #data(event: WebhookEvent): Promise<unknown> {
    const { type, id, chatId, rev } = event;
    switch (type) {
      case "chat.updated":
        return mapped(await this.rows.chats.byId(id), chatView);
      case "member.updated":
        return mapped(await this.rows.memberships.of(chatId!, id), memberView);
      case "mls.commit":
        return await this.#commit(chatId!, rev!);
      case "user.created":
      case "user.updated":
        return mapped(await this.rows.users.byId(id), userView);
      case "media.ready":
        return mapped(await this.rows.media.byId(id), mediaView);
      case "report.created":
        return mapped(await this.rows.reports.byId(id), adminReportView);
      default:
        return { id };
    }
  }

  /** Without the Commit itself, which means something only to members. */
  async #commit(chatId: string, rev: number): Promise<unknown> {
    const [handshake] = await this.rows.handshakes.changed(chatId, rev - 1, rev, 1);
    if (handshake === undefined) return null;
    const { senderId, generation, epoch } = handshake;
    return { chatId, rev, senderId, generation, epoch };
  }
}

function isOfMessage({ type }: WebhookEvent): boolean {
  return type.startsWith("message.");
}

function payloadOf(event: WebhookEvent, data: unknown): WebhookPayload {
  const { eventId: id, type, chatId, rev, at } = event;
  return {
    id,
    type,
    timestamp: toTimestamp(at),
    ...(chatId !== null && { chatId }),
    ...(rev !== null && { rev }),
    data,
  } as WebhookPayload;
}

function mapped<Row>(row: Row | null, view: (row: Row) => unknown): unknown {
  return row && view(row);
}
