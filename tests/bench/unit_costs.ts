import { newId } from "../../src/core/ids.ts";
import { decodeSignals, encodeSignal } from "../../src/cluster/shared/signal_codec.ts";
import { findService } from "../support/services.ts";
import { type Client, type Cost, CostWorld, GROUP, type StoreName } from "./cost_world.ts";
import { residentKilobytes } from "./idle_memory.ts";

/** Microseconds of processor time, requests to the database, kilobytes. */
export interface UnitCosts {
  send: UnitCost;
  connect: UnitCost;
  leave: UnitCost;
  /** Of one more receiver: its event, and finding out whether it gets a push. */
  deliveryUs: number;
  socketKb: number;
  baseMb: number;
}

export interface UnitCost {
  serverUs: number;
  databaseUs: number;
  databaseRequests: number;
}

/** As `deno task bench costs` writes it, and `plan` reads it. */
export interface UnitCostFigures {
  measuredAt: string;
  deno: string;
  /** One pointer of another instance, to a chat without a listener. */
  signalUs: number;
  stores: Partial<Record<StoreName, UnitCosts>>;
}

export const FIGURES = new URL("figures/unit_costs.json", import.meta.url);

/** One of each group sends. */
const SENDERS = 32;
const CROWD = SENDERS * GROUP;
const SENDS_EACH = 100;
const ROUNDS = 2;
const MORE_SOCKETS = 2_000;
const TEXT = "A message of the usual length, with all that people write. ".repeat(2);

/** Measures what a send, a delivery, a connection and a leaving cost, and keeps the figures. */
export async function costs(): Promise<void> {
  const stores: UnitCostFigures["stores"] = { sqlite: await measure("sqlite") };
  if (findService("mongodb")) stores.mongodb = await measure("mongodb");
  const figures: UnitCostFigures = {
    measuredAt: new Date().toISOString().slice(0, 10),
    deno: Deno.version.deno,
    signalUs: signalUs(),
    stores,
  };
  await Deno.writeTextFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(JSON.stringify(figures, null, 2));
}

async function measure(name: StoreName): Promise<UnitCosts> {
  await using world = await CostWorld.start(name, CROWD);
  // The first connections allocate what all share: code, buffers, room in tables.
  const few = await openAll(world, MORE_SOCKETS / 4);
  const before = await settledKilobytes(world);
  const more = await openAll(world, MORE_SOCKETS);
  const socketKb = (await settledKilobytes(world) - before) / MORE_SOCKETS;
  await leaveAll([...few, ...more]);
  let crowd: Client[] = [];
  const connect = await world.cost(CROWD, async () => {
    crowd = await openAll(world, CROWD);
    await quiet();
  });
  const { send, group } = await sends(world, crowd);
  const leave = await world.cost(CROWD, () => leaveAll(crowd));
  return {
    send: unit(send),
    connect: unit(connect),
    leave: unit(leave),
    deliveryUs: round((group.server - send.server) * 1e6 / (GROUP - 2)),
    socketKb: round(socketKb),
    baseMb: Math.round((before - few.length * socketKb) / 1024),
  };
}

/** Alternates between chats of two and groups, since the machine has other work, too. */
async function sends(world: CostWorld, crowd: Client[]): Promise<{ send: Cost; group: Cost }> {
  const count = SENDERS * SENDS_EACH;
  await sendAll(world, crowd, SENDS_EACH);
  const [single, inGroup]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    single.push(await world.cost(count, () => sendAll(world, crowd, SENDS_EACH)));
    inGroup.push(
      await world.cost(count, () => sendAll(world, crowd, SENDS_EACH, (n) => world.groups[n])),
    );
  }
  return { send: least(single), group: least(inGroup) };
}

/** Other work on the machine only ever adds. */
function least(costs: Cost[]): Cost {
  return costs.toSorted((a, b) => a.server - b.server)[0];
}

/** Opens sockets of the people in turn, a hundred at once. */
async function openAll(world: CostWorld, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const next = Array.from({ length: Math.min(100, count - clients.length) }, (_, n) => {
      return world.people[(clients.length + n) % world.people.length];
    });
    clients.push(...await Promise.all(next.map((person) => world.open(person))));
  }
  return clients;
}

async function leaveAll(clients: Client[]): Promise<void> {
  for (const client of clients) client.close();
  await quiet();
}

/** Some send at once, each the next when the last was answered; by default to a chat of two. */
async function sendAll(
  world: CostWorld,
  clients: Client[],
  each: number,
  chatOf = (n: number) => world.pairs[n * GROUP],
): Promise<void> {
  await Promise.all(
    clients.filter((_, n) => n % GROUP === 0).slice(0, SENDERS).map(async (client, n) => {
      for (let i = 0; i < each; i++) {
        await client.request("message.send", { chatId: chatOf(n), clientId: newId(), text: TEXT });
      }
    }),
  );
}

/** Until presence was announced: the grace period is half a second. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_500));
}

/** Returns the least of a while, since garbage is collected at any time. */
async function settledKilobytes(world: CostWorld): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, await residentKilobytes(world.server.pid));
  }
  return least;
}

function signalUs(): number {
  const batch = Array.from({ length: 100 }, () => {
    return [...encodeSignal({ type: "chat", chatId: crypto.randomUUID(), rev: 1_000 })];
  });
  const bytes = Uint8Array.from(batch.flat());
  const rooms = new Map<string, number>();
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 500) {
    for (const signal of decodeSignals(bytes).signals) {
      if (signal.type === "chat" && !rooms.has(signal.chatId)) count++;
    }
  }
  return round((performance.now() - began) * 1_000 / count);
}

function unit({ server, database, requests }: Cost): UnitCost {
  return {
    serverUs: Math.round(server * 1e6),
    databaseUs: Math.round(database * 1e6),
    databaseRequests: round(requests),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
