import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { WsClient } from "../support/ws_client.ts";
import { cpuSeconds } from "./cpu.ts";
import { WIDE } from "./fanout.ts";
import { percentile } from "./fanout_load.ts";
import { RawSocket } from "./raw_socket.ts";

const PEOPLE = 500;
const GROUP = 50;
const REGISTER_AT_ONCE = 10;
/** Milliseconds between two sends of the one who stays. */
const SEND_EVERY_MS = 20;
/** Milliseconds that a phase is watched: who leaves is announced 5 s later. */
const WATCHED_MS = 12_000;

interface Person {
  id: string;
  token: string;
}

/**
 * 500 people, each with a socket, come at once and leave at once, while one of them sends: CPU of a
 * socket, and what the sends suffer.
 */
export async function crowd(): Promise<void> {
  const rows = [...await measure("SQLite", {})];
  try {
    await using mongodb = await MongodbServer.start({ cacheSize: "2G" });
    rows.push(...await measure("MongoDB", { MONGODB_URI: mongodb.uri("crowd"), BROKER: "mongo" }));
  } finally {
    console.table(rows);
  }
}

async function measure(store: string, more: Record<string, string>) {
  const secrets = { JWT_SECRET: "one ".repeat(10), JWT_REFRESH_SECRET: "two ".repeat(10) };
  const env = { ...WIDE, BCRYPT_COST: "4", ...secrets, ...more };
  await using server = await ServerProcess.start({ env });
  const people = await register(server.url);
  const chatId = await groups(server.url, people);
  await using sender = (await WsClient.connect(server.webSocketUrl, people[0].token)).client;
  const sockets: RawSocket[] = [];
  const open = async () => {
    const port = Number(new URL(server.url).port);
    const opened = people.map(({ token }) => openSocket(port, token));
    sockets.push(...await Promise.all(opened));
  };
  const close = () => {
    for (const socket of sockets) socket.close();
    return Promise.resolve();
  };
  const send = () => sender.command("message.send", { chatId, text: "meanwhile" });
  return [
    { store, phase: "come", ...await phase(server.pid, send, open) },
    { store, phase: "leave", ...await phase(server.pid, send, close) },
  ];
}

async function phase(pid: number, send: () => Promise<unknown>, work: () => Promise<void>) {
  const [cpu, began] = [await cpuSeconds(pid), performance.now()];
  const working = work().then(() => performance.now() - began);
  const times: number[] = [];
  while (performance.now() - began < WATCHED_MS) {
    const start = performance.now();
    await send();
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, SEND_EVERY_MS));
  }
  const took = await working;
  const sorted = Float64Array.from(times).sort();
  return {
    "took s": (took / 1_000).toFixed(1),
    "CPU ms/socket, with the sends": ((await cpuSeconds(pid) - cpu) / PEOPLE * 1e3).toFixed(1),
    "sends p50 ms": percentile(sorted, 0.5).toFixed(1),
    "p99 ms": percentile(sorted, 0.99).toFixed(0),
    "longest ms": sorted.at(-1)!.toFixed(0),
  };
}

async function openSocket(port: number, token: string): Promise<RawSocket> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await RawSocket.open(port, "/ws", () => resolve());
  await socket.send(JSON.stringify({ id: 0, cmd: "hello", data: { token } }));
  await promise;
  return socket;
}

async function register(url: string): Promise<Person[]> {
  const run = crypto.randomUUID().slice(0, 8);
  const people: Person[] = [];
  while (people.length < PEOPLE) {
    const first = people.length;
    const some = Array.from({ length: REGISTER_AT_ONCE }, async (_, i) => {
      const username = `crowd${first + i}-${run}`;
      const account = { username, email: `${username}@example.org`, password: "of the bench" };
      const { body } = await new HttpClient(url).post("/api/auth/register", account);
      return { id: body.user.id, token: body.accessToken };
    });
    people.push(...await Promise.all(some));
  }
  return people;
}

/** Groups of 50, each person in one; returns the first one's id. */
async function groups(url: string, people: Person[]): Promise<string> {
  const ids: string[] = [];
  for (let at = 0; at < people.length; at += GROUP) {
    const [owner, ...members] = people.slice(at, at + GROUP);
    const memberIds = members.map(({ id }) => id);
    const { body } = await new HttpClient(url, owner.token).post("/api/groups", {
      name: "A crowd",
      memberIds,
    });
    ids.push(body.id);
  }
  return ids[0];
}
