import { newId } from "../../src/core/ids.ts";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { ServerProcess } from "../support/server_process.ts";
import { HttpClient } from "../support/http_client.ts";
import { WsClient } from "../support/ws_client.ts";
import { percentile as shareOf } from "./fanout_load.ts";

const RATES = [1, 100, 1_000];
/** Maximum number of messages of a run; the first ones, a share of `WARM_UP`, are left out. */
const MAX_MESSAGES = 3_000;
const SECONDS = 8;
const WARM_UP = 0.2;

interface Row {
  broker: string;
  "messages/s": number;
  "local p50 ms": number;
  "local p99 ms": number;
  "other p50 ms": number;
  "other p99 ms": number;
  "KV operations/message": number | string;
}

/**
 * Measures the time of a durable message from its send to its arrival: on the sender's instance,
 * and on the other one. One group, one sender; two processes, one MongoDB-protocol server, and one
 * `denokv`.
 */
export async function instances(): Promise<void> {
  const rows: Row[] = [];
  for (const broker of ["kv", "mongo"] as const) {
    await using cluster = await Cluster.start({
      broker,
      env: {
        RATE_HELLO: "1000000/1s",
        LIMIT_SOCKETS_PER_USER: "10000",
        LIMIT_SOCKETS_PER_ADDRESS: "100000",
        LIMIT_SOCKETS_BEFORE_HELLO: "100000",
      },
    });
    const [ann, bob] = [await cluster.register("ann"), await cluster.register("bob")];
    const chatId = await cluster.group(ann, [bob]);
    for (const rate of RATES) rows.push(await measure(cluster, broker, { ann, bob, chatId }, rate));
  }
  console.table(rows);
  console.log(`Memory of an idle connection on /ws: ${await idleKilobytes()} kB`);
}

async function measure(
  cluster: Cluster,
  broker: string,
  { ann, bob, chatId }: { ann: Person; bob: Person; chatId: string },
  rate: number,
): Promise<Row> {
  const [here, there] = cluster.instances;
  await using sender = (await WsClient.connect(here.webSocketUrl, ann.token)).client;
  await using near = (await WsClient.connect(here.webSocketUrl, bob.token)).client;
  await using far = (await WsClient.connect(there.webSocketUrl, bob.token)).client;
  const count = Math.min(MAX_MESSAGES, rate * SECONDS);
  const sentAt = new Map<string, number>();
  const run = newId();
  const [nearMs, farMs] = [near, far].map((client) => {
    const times: number[] = [];
    client.onEvent = ({ event, data }) => {
      const at = sentAt.get((data as { clientId?: string }).clientId ?? "");
      if (event === "message.created" && at !== undefined) times.push(performance.now() - at);
      if (event !== "chat.changes") return;
      for (const { clientId } of (data as { messages: { clientId: string }[] }).messages) {
        const at = sentAt.get(clientId);
        if (at !== undefined) times.push(performance.now() - at);
      }
    };
    return times;
  });
  const before = await kvOperations(cluster);
  await sendAtRate(rate, count, (i) => {
    const clientId = `${run}-${i}`;
    sentAt.set(clientId, performance.now());
    sender.command("message.send", { chatId, text: `message ${i}`, clientId });
  });
  await eventually("all came", () => nearMs.length >= count && farMs.length >= count, {
    within: 60_000,
  });
  const operations = await kvOperations(cluster) - before;
  const [local, other] = [nearMs, farMs].map((times) => times.slice(Math.floor(count * WARM_UP)));
  return {
    broker,
    "messages/s": rate,
    "local p50 ms": round(percentile(local, 50)),
    "local p99 ms": round(percentile(local, 99)),
    "other p50 ms": round(percentile(other, 50)),
    "other p99 ms": round(percentile(other, 99)),
    "KV operations/message": broker === "kv" ? round(operations / count, 3) : "-",
  };
}

/** Sends at the scheduled time, however late the timer is. */
async function sendAtRate(rate: number, count: number, send: (i: number) => void): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.floor((performance.now() - began) * rate / 1_000) + 1);
    for (; sent < due; sent++) send(sent);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Calls of Deno KV by both instances: reads without wake-ups of watches, and commits. */
async function kvOperations(cluster: Cluster): Promise<number> {
  let sum = 0;
  for (const { url } of cluster.instances) {
    const { body } = await new HttpClient(url).get("/metrics");
    sum += Number(/^realtimechat_broker_operations (\d+)/m.exec(body)?.[1] ?? NaN);
  }
  return sum;
}

const IDLE = 1_000;

/**
 * Growth of the server's resident memory for each of many connections that send only their hello.
 */
async function idleKilobytes(): Promise<number> {
  await using server = await ServerProcess.start({
    env: {
      NODE_ENV: "test",
      LOG_LEVEL: "warn",
      LIMIT_SOCKETS_PER_USER: "100000",
      LIMIT_SOCKETS_PER_ADDRESS: "1000000",
      LIMIT_SOCKETS_BEFORE_HELLO: "1000000",
      LIMIT_SOCKET_MEMORY_BYTES: "1000000000000",
      RATE_REGISTER: "1000/1s",
      RATE_HELLO: "1000000/1s",
    },
  });
  const name = `idle_${crypto.randomUUID().slice(0, 8)}`;
  const { body } = await new HttpClient(server.url).post("/api/auth/register", {
    username: name,
    email: `${name}@example.org`,
    password: "a password of the bench",
  });
  const open = (count: number) =>
    Promise.all(Array.from({ length: count }, () => {
      return WsClient.connect(server.webSocketUrl, body.accessToken);
    }));
  const clients = await open(200);
  const before = residentBytes(server.pid);
  for (let i = 0; i < IDLE / 100; i++) clients.push(...await open(100));
  const grown = residentBytes(server.pid) - before;
  await Promise.all(clients.map(({ client }) => client.close()));
  return round(grown / IDLE / 1_024);
}

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1_024;
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

function percentile(times: number[], percent: number): number {
  return shareOf(Float64Array.from(times).sort(), percent / 100);
}
