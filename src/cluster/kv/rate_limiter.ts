import type { RateTable } from "../shared/rate_limiter.ts";

/** Counts at `["rate", bucket, window, instance]`: each instance writes separate keys. */
export function kvRateTable(kv: Deno.Kv): RateTable {
  return {
    async write({ instance, bucket, window, uses, keepMs }) {
      await kv.set(["rate", bucket, window, instance], uses, { expireIn: keepMs });
    },
    async others({ instance, bucket, window }) {
      const prefix = ["rate", bucket];
      const others = { current: 0, previous: 0 };
      const range = { start: [...prefix, window - 1], end: [...prefix, window + 1] };
      for await (const { key, value } of kv.list<number>(range)) {
        if (key[3] === instance) continue;
        others[key[2] === window ? "current" : "previous"] += value;
      }
      return others;
    },
  };
}
