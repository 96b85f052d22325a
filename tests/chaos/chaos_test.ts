import { skipWithout } from "../support/skip.ts";
import { chaos } from "./chaos.ts";

/** The short form: a minute on each broker in CI. `deno task chaos` runs for any duration. */
const DURATION_MS = Deno.env.get("CI") ? 60_000 : 15_000;

for (const broker of ["kv", "mongo"] as const) {
  Deno.test({
    name:
      `no acknowledged message is lost, duplicated or reordered under random faults (${broker})`,
    ignore: broker === "kv" ? skipWithout("mongodb", "denokv") : skipWithout("mongodb"),
    fn: async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const made: string[] = [];
      try {
        await chaos({ broker, seed, durationMs: DURATION_MS, log: (line) => made.push(line) });
      } catch (error) {
        throw new Error(`Seed ${seed}, after: ${made.join("; ")}`, { cause: error });
      }
    },
  });
}
