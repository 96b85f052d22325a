/** The keys that instances share in Deno KV, beside those of presence and of their rows. */
export const outboxKey = (instance: string, n: number): Deno.KvKey => ["outbox", instance, n];
export const headKey = (instance: string): Deno.KvKey => ["head", instance];

/** Changes when an instance comes or goes: a doorbell, whose value says nothing. */
export const REGISTRY_KEY: Deno.KvKey = ["instances"];
