/**
 * The keys that instances share in Deno KV, beside those of presence and of the instances' rows.
 */
export const outboxKey = (instance: string, n: number): Deno.KvKey => ["outbox", instance, n];
export const headKey = (instance: string): Deno.KvKey => ["head", instance];

/** Changes when an instance joins or leaves: a wake-up for watchers, whose value has no meaning. */
export const REGISTRY_KEY: Deno.KvKey = ["instances"];
