/**
 * `deno task chaos [--minutes N] [--broker kv|mongo] [--seed N]`: the chaos test in rounds of a
 * minute, each with a separate seed, which it prints; the first failure ends it.
 */
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";
import type { BrokerKind } from "./world.ts";

const ROUND_MS = 60_000;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "1" },
    broker: { type: "string" },
    seed: { type: "string" },
  },
});
const brokers: BrokerKind[] = values.broker ? [values.broker as BrokerKind] : ["kv", "mongo"];
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);

for (let round = 0; round < Number(values.minutes); round++) {
  const [broker, seed] = [brokers[round % brokers.length], first + round];
  console.log(`broker ${broker}, seed ${seed}`);
  const log = (line: string) => console.log(`  ${line}`);
  const { messages, faults } = await chaos({ broker, seed, durationMs: ROUND_MS, log });
  console.log(`  ${messages} messages, ${faults} faults: nothing lost, doubled or reordered`);
}
