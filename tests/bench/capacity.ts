import type { UnitCosts } from "./unit_costs.ts";

/** Assumptions of a plan; `figures/plan.json` has those of the page, none of them measured. */
export interface PlanInput {
  connected: number;
  habits: {
    /** Of each connected person. */
    messagesADay: number;
    connectionsADay: number;
    /** The busiest minutes of a day over its average. */
    peakFactor: number;
    /** Sockets that a message goes to, the sender's other devices included. */
    receivers: number;
    eventBytes: number;
    /** Of a message in the database, with indexes and one copy. */
    storedBytes: number;
  };
  instance: {
    memoryMb: number;
    cores: number;
    /** Share of the cores that is used at the peak. */
    load: number;
    /** Time within which all sockets of an instance that restarts are back. */
    reconnectSeconds: number;
  };
  cluster: {
    /** Batches of signals that one instance writes at most. */
    batchesASecond: number;
    writesABatch: number;
    /** By each of the other instances. */
    readsABatch: number;
    /** Share of an instance's core that may go into signals of others. */
    signalLoad: number;
    /** Reads and writes a second that the broker takes. */
    operationsASecond: number;
    /** Of the database's largest primary. */
    databaseCores: number;
    databaseLoad: number;
  };
  prices: {
    currency: string;
    instanceHour: number;
    databaseCoreHour: number;
    /** Members of the replica set, which each do all writes. */
    databaseCopies: number;
    storedGbMonth: number;
    readMillion: number;
    writeMillion: number;
    trafficGb: number;
  };
}

export interface Rates {
  sends: number;
  deliveries: number;
  connections: number;
}

export interface Plan {
  /** A second at the peak. */
  rates: Rates;
  instances: number;
  instancesBy: { memory: number; processor: number; reconnecting: number };
  memoryGb: number;
  serverCores: number;
  databaseCores: number;
  databaseRequests: number;
  brokerWrites: number;
  brokerReads: number;
  /** Share of a core that each instance spends on the pointers of all others. */
  signalLoad: number;
  storedGbAMonth: number;
  trafficGbAMonth: number;
}

const DAY_SECONDS = 86_400;
const MONTH_DAYS = 30;
const MONTH_HOURS = MONTH_DAYS * 24;

/** Computes what the peak of a day needs. */
export function planOf(input: PlanInput, costs: UnitCosts, signalUs: number): Plan {
  const { connected, habits, instance } = input;
  const rates = ratesOf(input);
  const serverUs = workUs(rates, costs, "serverUs") + rates.deliveries * costs.deliveryUs;
  const databaseUs = workUs(rates, costs, "databaseUs");
  const socketsByMemory = (instance.memoryMb - costs.baseMb) * 1024 / costs.socketKb;
  const acceptedASecond = instance.cores * 1e6 / costs.connect.serverUs;
  const instancesBy = {
    memory: Math.ceil(connected / socketsByMemory),
    processor: Math.ceil(serverUs / 1e6 / (instance.cores * instance.load)),
    reconnecting: Math.ceil(connected / (acceptedASecond * instance.reconnectSeconds)),
  };
  // One more, so that the others hold everything while one restarts.
  const instances = Math.max(...Object.values(instancesBy)) + 1;
  const sendsADay = connected * habits.messagesADay;
  return {
    rates,
    instances,
    instancesBy,
    memoryGb: (instances * costs.baseMb + connected * costs.socketKb / 1024) / 1024,
    serverCores: serverUs / 1e6,
    databaseCores: databaseUs / 1e6,
    databaseRequests: workUs(rates, costs, "databaseRequests"),
    ...brokerOf(input, rates, instances),
    signalLoad: instances > 1 ? rates.sends * signalUs / 1e6 : 0,
    storedGbAMonth: sendsADay * MONTH_DAYS * habits.storedBytes / 1e9,
    trafficGbAMonth: sendsADay * MONTH_DAYS * habits.receivers * habits.eventBytes / 1e9,
  };
}

function ratesOf({ connected, habits }: PlanInput): Rates {
  const { messagesADay, connectionsADay, peakFactor, receivers } = habits;
  const atPeak = (aDay: number) => connected * aDay / DAY_SECONDS * peakFactor;
  const sends = atPeak(messagesADay);
  return { sends, deliveries: sends * receivers, connections: atPeak(connectionsADay) };
}

/** Each connection is left again. A measured send includes two deliveries, which stay counted. */
function workUs(rates: Rates, { send, connect, leave }: UnitCosts, kind: keyof typeof send) {
  return rates.sends * send[kind] + rates.connections * (connect[kind] + leave[kind]);
}

/** An instance writes a batch for each commit, until they come faster than its batches. */
function brokerOf({ cluster }: PlanInput, { sends }: Rates, instances: number) {
  if (instances === 1) return { brokerWrites: 0, brokerReads: 0 };
  const batches = instances * Math.min(sends / instances, cluster.batchesASecond);
  return {
    brokerWrites: batches * cluster.writesABatch,
    brokerReads: batches * cluster.readsABatch * (instances - 1),
  };
}

/** Money of a month, by what it is for; what is charged by use is averaged over the day. */
export function moneyOf({ prices, habits, cluster }: PlanInput, plan: Plan) {
  const seconds = MONTH_HOURS * 3_600 / habits.peakFactor;
  const cores = Math.ceil(plan.databaseCores / cluster.databaseLoad) * prices.databaseCopies;
  return {
    instances: plan.instances * prices.instanceHour * MONTH_HOURS,
    database: cores * prices.databaseCoreHour * MONTH_HOURS,
    "a month of messages": plan.storedGbAMonth * prices.databaseCopies * prices.storedGbMonth,
    broker: (plan.brokerWrites * prices.writeMillion + plan.brokerReads * prices.readMillion) *
      seconds / 1e6,
    traffic: plan.trafficGbAMonth * prices.trafficGb,
  };
}

export interface Limit {
  what: string;
  /** Connected people at whom it is reached. */
  at: number;
  wayPast: string;
}

/** The limits that more instances do not move, the first one first. */
export function limitsOf(input: PlanInput, costs: UnitCosts, signalUs: number): Limit[] {
  const { cluster } = input;
  const reachedAt = (share: (plan: Plan) => number) =>
    largest((connected) => share(planOf({ ...input, connected }, costs, signalUs)) <= 1);
  const limits = [
    {
      what: "operations of the broker",
      at: reachedAt((plan) => (plan.brokerReads + plan.brokerWrites) / cluster.operationsASecond),
      wayPast: "larger instances (fewer outboxes to read); MongoDB's change streams (BROKER=mongo)",
    },
    {
      what: "pointers that every instance reads",
      at: reachedAt((plan) => plan.signalLoad / cluster.signalLoad),
      wayPast: "a deployment for each circle of people who write to each other",
    },
    {
      what: "processor of the database's primary",
      at: reachedAt((plan) => plan.databaseCores / (cluster.databaseCores * cluster.databaseLoad)),
      wayPast: "shards by chat, or a deployment for each circle of people",
    },
  ];
  return limits.toSorted((a, b) => a.at - b.at);
}

/** Returns the largest number for which `holds`, which holds for all smaller ones. */
function largest(holds: (value: number) => boolean): number {
  let [low, high] = [0, 1];
  while (holds(high) && high < 1e12) [low, high] = [high, high * 2];
  while (high - low > Math.max(1, high / 1e4)) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return Math.floor(low);
}
