import type { MetricsRegistry } from "../core/metrics.ts";

/** Counts deliveries of rooms, for `/metrics`. */
export interface DeliveryMetrics {
  /** Events of a chat went out to this number of connections. */
  delivered(events: number, connections: number): void;
  /** A room read rows that it had missed from the Store. */
  filled(durationMs: number): void;
}

export const NO_DELIVERY_METRICS: DeliveryMetrics = { delivered() {}, filled() {} };

export function deliveryMetrics(metrics: MetricsRegistry): DeliveryMetrics {
  const deliveries = metrics.counter(
    "realtimechat_deliveries_total",
    "Durable events handed to connections: events by connections",
    [{}],
  );
  const fills = metrics.histogram(
    "realtimechat_room_fill_duration_seconds",
    "Time to read rows that a room had missed: commits of other instances, and gaps",
  );
  return {
    delivered: (events, connections) => deliveries.add({}, events * connections),
    filled: (durationMs) => fills.observe(durationMs / 1000),
  };
}
