import type { WebhookDelivery, WebhookEndpoint } from "../model/webhook.ts";
import type { WebhookPayload } from "../api/views/webhook_events.ts";

/** Deliveries that one request carries. */
export interface Batch {
  rows: WebhookDelivery[];
}

/** Returns the deliveries of each lane, in the order in which they must be sent. */
export function lanesOf(rows: readonly WebhookDelivery[]): WebhookDelivery[][] {
  return [...Map.groupBy(rows, ({ lane }) => lane).values()];
}

/**
 * Divides lanes into streams of requests: the requests of a stream follow one another, and streams
 * run side by side. An endpoint that takes one event at a time has a stream for each lane. One that
 * takes several has one for all lanes, and one for each lane that failed before, so that an event
 * that the endpoint cannot process holds up its own chat only.
 */
export function streamsOf(
  { batchSize }: Pick<WebhookEndpoint, "batchSize">,
  lanes: readonly WebhookDelivery[][],
): Batch[][] {
  if (batchSize === 1) return lanes.map((rows) => rows.map((row) => ({ rows: [row] })));
  const failed = lanes.filter(([first]) => first.attempts > 0);
  const fresh = lanes.filter(([first]) => first.attempts === 0).flat();
  return [fresh, ...failed].map((rows) => batchesOf(rows, batchSize));
}

function batchesOf(rows: readonly WebhookDelivery[], batchSize: number): Batch[] {
  const batches: Batch[] = [];
  let size = 0;
  for (const row of rows) {
    const last = batches.at(-1);
    if (last && size + row.events.length <= batchSize) last.rows.push(row);
    else {
      batches.push({ rows: [row] });
      size = 0;
    }
    size += row.events.length;
  }
  return batches;
}

/**
 * Returns the `webhook-id` and the body of a request. A batch is named after its first and last
 * delivery, so that only the same deliveries have the same id.
 */
export function requestOf(
  { batchSize }: Pick<WebhookEndpoint, "batchSize">,
  { rows }: { rows: readonly Pick<WebhookDelivery, "deliveryId">[] },
  payloads: readonly WebhookPayload[],
): { id: string; body: string } {
  if (batchSize === 1 && payloads.length === 1) {
    return { id: payloads[0].id, body: JSON.stringify(payloads[0]) };
  }
  const [first, last] = [rows[0].deliveryId, rows.at(-1)!.deliveryId];
  const id = rows.length === 1 ? first : `${first}_${last}_${rows.length}`;
  const { timestamp } = payloads.at(-1)!;
  return { id, body: JSON.stringify({ type: "batch", timestamp, data: payloads }) };
}
