import { limitsOf, moneyOf, type PlanInput, planOf } from "./capacity.ts";
import type { StoreName } from "./cost_world.ts";
import { FIGURES, type UnitCostFigures } from "./unit_costs.ts";

const INPUT = new URL("figures/plan.json", import.meta.url);

/**
 * Prints what a number of connected people needs, from the unit costs that `costs` measured and the
 * assumptions in `figures/plan.json`, or in the file that the variable PLAN names.
 */
export async function plan(): Promise<void> {
  const input: PlanInput & { store: StoreName } = JSON.parse(
    await Deno.readTextFile(Deno.env.get("PLAN") ?? INPUT),
  );
  const figures: UnitCostFigures = JSON.parse(await Deno.readTextFile(FIGURES));
  const costs = figures.stores[input.store];
  if (!costs) throw new Error(`Cannot plan: the figures have no unit costs of ${input.store}`);
  const result = planOf(input, costs, figures.signalUs);
  const { currency } = input.prices;
  const money = Object.entries(moneyOf(input, result));
  const total = money.reduce((sum, [, amount]) => sum + amount, 0);
  console.log(`${whole(input.connected)} connected people on ${input.store}, at the peak:`);
  print([
    ["sends, deliveries, connections a second", Object.values(result.rates)],
    ["instances (by memory, processor, reconnecting)", [
      result.instances,
      ...Object.values(result.instancesBy),
    ]],
    ["memory of all instances, GB", [result.memoryGb]],
    ["cores: servers, database", [result.serverCores, result.databaseCores]],
    ["requests to the database a second", [result.databaseRequests]],
    ["broker: writes and reads a second", [result.brokerWrites, result.brokerReads]],
    ["messages and traffic of a month, GB", [result.storedGbAMonth, result.trafficGbAMonth]],
    ...money.map(([what, amount]): Line => [`${currency} a month: ${what}`, [amount]]),
    [`${currency} a month, and for 1,000 people`, [total, total / input.connected * 1_000]],
  ]);
  console.log("Limits that more instances do not move:");
  for (const { what, at, wayPast } of limitsOf(input, costs, figures.signalUs)) {
    console.log(`- ${what}, at ${whole(at)} people; past it: ${wayPast}`);
  }
}

type Line = [what: string, values: number[]];

function print(lines: Line[]): void {
  for (const [what, values] of lines) console.log(`- ${what}: ${values.map(whole).join(", ")}`);
}

/** Three digits at least, since an assumption has no more. */
function whole(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}
