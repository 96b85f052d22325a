import type { MongoClient } from "mongodb";
import type { MetricsRegistry } from "../../core/metrics.ts";

/** The connection pools of this process: of the database, and of the broker over MongoDB. */
export type PoolName = "store" | "broker";

/** Counts the connections of a client's pools; called before the client connects. */
export type WatchPool = (client: MongoClient, pool: PoolName) => void;

/**
 * Counts by the driver's events of its pools (one per server). A connection that is checked out
 * stays counted until it is checked in, also when it breaks in between.
 */
export function poolMetrics(metrics: MetricsRegistry): WatchPool {
  const connections = metrics.gauge(
    "realtimechat_mongodb_connections",
    "Connections to MongoDB: all that are there, and those in use",
  );
  const waits = metrics.histogram(
    "realtimechat_mongodb_checkout_seconds",
    "Time until a call had a connection to MongoDB",
  );
  const failures = metrics.counter(
    "realtimechat_mongodb_checkout_failures_total",
    "Calls that got no connection to MongoDB",
    [],
  );
  return (client, pool) => {
    failures.add({ pool }, 0);
    const total = { pool, state: "total" };
    const inUse = { pool, state: "in_use" };
    client.on("connectionCreated", () => connections.add(1, total));
    client.on("connectionClosed", () => connections.add(-1, total));
    client.on("connectionCheckedOut", ({ durationMS }) => {
      connections.add(1, inUse);
      waits.observe(durationMS / 1000, { pool });
    });
    client.on("connectionCheckedIn", () => connections.add(-1, inUse));
    client.on("connectionCheckOutFailed", () => failures.add({ pool }));
  };
}
