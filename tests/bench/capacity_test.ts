import assert from "node:assert/strict";
import { limitsOf, moneyOf, type PlanInput, planOf } from "./capacity.ts";
import type { UnitCosts } from "./unit_costs.ts";

/** Round numbers, so that each result can be computed in one's head. */
const costs: UnitCosts = {
  send: { serverUs: 500, databaseUs: 250, databaseRequests: 2 },
  connect: { serverUs: 1_000, databaseUs: 400, databaseRequests: 3 },
  leave: { serverUs: 500, databaseUs: 100, databaseRequests: 1 },
  deliveryUs: 10,
  socketKb: 32,
  baseMb: 100,
};

const input: PlanInput = {
  // A message every 864 s at the average, and every 100 s at the peak.
  connected: 100_000,
  habits: {
    messagesADay: 100,
    connectionsADay: 10,
    peakFactor: 8.64,
    receivers: 5,
    eventBytes: 500,
    storedBytes: 1_000,
  },
  instance: { memoryMb: 1_124, cores: 1, load: 0.5, reconnectSeconds: 50 },
  cluster: {
    batchesASecond: 100,
    writesABatch: 2,
    readsABatch: 1,
    signalLoad: 0.1,
    operationsASecond: 10_000,
    databaseCores: 4,
    databaseLoad: 0.5,
  },
  prices: {
    currency: "USD",
    instanceHour: 0.1,
    databaseCoreHour: 0.2,
    databaseCopies: 3,
    storedGbMonth: 0.1,
    readMillion: 0.5,
    writeMillion: 1,
    trafficGb: 0.01,
  },
};

Deno.test("a plan multiplies rates by unit costs, and takes the most instances that anything asks for", () => {
  const plan = planOf(input, costs, 2);
  assert.deepEqual(rounded(plan.rates), { sends: 1_000, deliveries: 5_000, connections: 100 });
  // 32,768 sockets in 1,024 MB; 0.7 s of processor time a second; 1,000 accepted a second.
  assert.deepEqual(plan.instancesBy, { memory: 4, processor: 2, reconnecting: 2 });
  assert.equal(plan.instances, 5, "and one more, for restarts");
  assert.equal(plan.serverCores.toFixed(3), (0.5 + 0.15 + 0.05).toFixed(3));
  assert.equal(plan.databaseCores.toFixed(3), (0.25 + 0.05).toFixed(3));
  assert.equal(Math.round(plan.databaseRequests), 2_400);
  assert.equal(plan.memoryGb.toFixed(2), ((500 + 3_125) / 1_024).toFixed(2));
  assert.equal(plan.signalLoad.toFixed(4), "0.0020");
});

Deno.test("a plan counts a batch for each commit until an instance's batches are full, read by all others", () => {
  const full = planOf(input, costs, 2);
  assert.deepEqual([full.brokerWrites, full.brokerReads], [5 * 100 * 2, 5 * 100 * 4]);
  const cluster = { ...input.cluster, batchesASecond: 1_000 };
  const light = planOf({ ...input, cluster }, costs, 2);
  assert.deepEqual([light.brokerWrites, light.brokerReads].map(Math.round), [2_000, 4_000]);
  const instance = { ...input.instance, memoryMb: 100_000, reconnectSeconds: 1e6, load: 10 };
  const connected = 1;
  const single = planOf({ ...input, connected, instance }, costs, 2);
  assert.equal(single.instances, 2, "one, and one for restarts");
});

Deno.test("a plan's money is by use over the average of the day, and by the month for what stands", () => {
  const money = rounded(moneyOf(input, planOf(input, costs, 2)));
  const averageSeconds = 30 * 86_400 / 8.64;
  assert.deepEqual(money, {
    instances: 5 * 72,
    // 0.3 cores at half load: one, on three members.
    database: 3 * 144,
    "a month of messages": 90,
    broker: Math.round((1_000 * 1 + 2_000 * 0.5) * averageSeconds / 1e6),
    traffic: 8,
  });
});

Deno.test("a plan's limits are where a share is used up, the first one first", () => {
  const limits = limitsOf(input, costs, 2);
  const at = Object.fromEntries(limits.map((limit) => [limit.what, limit.at]));
  // A core's tenth is 50,000 pointers of 2 µs a second; two cores are 667,000 people's.
  assert.ok(isNear(at["pointers that every instance reads"], 5_000_000));
  assert.ok(isNear(at["processor of the database's primary"], 666_666));
  const broker = at["operations of the broker"];
  const operations = (connected: number) => {
    const { brokerReads, brokerWrites } = planOf({ ...input, connected }, costs, 2);
    return brokerReads + brokerWrites;
  };
  assert.ok(operations(broker) <= 10_000 && operations(broker * 1.2) > 10_000);
  assert.deepEqual(
    limits.map((limit) => limit.at),
    limits.map((limit) => limit.at).sort((a, b) => a - b),
  );
});

function rounded<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Math.round(value)]),
  ) as T;
}

function isNear(value: number, expected: number): boolean {
  return Math.abs(value / expected - 1) < 0.01;
}
