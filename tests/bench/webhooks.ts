import { HttpClient } from "../support/http_client.ts";
import { openStoreOf, type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { cpuSeconds } from "./cpu.ts";
import { median } from "./median.ts";
import { RawSocket } from "./raw_socket.ts";

const CHATS = 20;
const SENDS = 4_000;
const ROUNDS = 3;
/** Sends a second, over all chats. */
const RATE = 800;
const NAMES = Array.from({ length: CHATS }, (_, n) => `sender${n}`);

interface Case {
  name: string;
  /** Events in one request; null without a webhook. */
  batchSize: number | null;
  hook: boolean;
}

const CASES: Case[] = [
  { name: "neither", batchSize: null, hook: false },
  { name: "webhook, one event a request", batchSize: 1, hook: false },
  { name: "webhook, up to 100 events a request", batchSize: 100, hook: false },
  { name: "hook before the send", batchSize: null, hook: true },
];

/**
 * Prints what a webhook and a hook cost a send in processor time of the server: the median of what
 * each costs more than nothing in the same round, since what else the machine does changes the cost
 * of everything from round to round.
 */
export async function webhooks(): Promise<void> {
  console.log(`${CHATS} chats, ${RATE} sends a second, SQLite, medians of ${ROUNDS} rounds:`);
  const rounds: Measured[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const measured: Measured[] = [];
    for (const each of CASES) measured.push(await measure(each));
    rounds.push(measured);
  }
  for (const [n, { name }] of CASES.entries()) {
    const cpuUs = median(rounds.map((round) => round[n].cpuUs)).toFixed(0);
    const ratio = median(rounds.map((round) => round[n].cpuUs / round[0].cpuUs));
    const more = ((ratio - 1) * 100).toFixed(0);
    const requests = median(rounds.map((round) => round[n].requests));
    console.log(`- ${name}: ${cpuUs} µs a send, ${more} % more, ${requests} requests`);
  }
}

interface Measured {
  cpuUs: number;
  requests: number;
}

async function measure({ batchSize, hook }: Case): Promise<Measured> {
  await using folder = await TempDir.make("bench_webhooks");
  await using backend = new Backend();
  const env = testEnvironment({
    DATA_DIR: folder.join("data"),
    WEBHOOK_ALLOW_PRIVATE: backend.origin,
    NODE_ENV: "development",
  });
  const config = testConfig(folder.join("data"), env);
  const people = await seedPeople(config, ["admin", ...NAMES]);
  const store = await openStoreOf(config);
  await store.users.update(people.admin.id, { role: "admin" });
  await store.close();
  await using server = await ServerProcess.start({ env });
  const admin = new HttpClient(server.url, people.admin.token);
  const { url } = backend;
  if (batchSize !== null) {
    await admin.post("/api/admin/webhooks", { url, batchSize, events: ["message.created"] });
  }
  if (hook) await admin.put("/api/admin/message-hook", { url });
  const senders = await Promise.all(NAMES.map((name) => openSender(server.url, people[name])));
  await sendAll(senders, SENDS / 8);
  await backend.received(batchSize === null ? 0 : SENDS / 8);
  const began = await cpuSeconds(server.pid);
  backend.reset();
  await sendAll(senders, SENDS);
  await backend.received(batchSize === null ? 0 : SENDS);
  const cpuUs = (await cpuSeconds(server.pid) - began) / SENDS * 1e6;
  for (const { socket } of senders) socket.close();
  return { cpuUs, requests: backend.requests };
}

/** Accepts everything, and counts the events. */
class Backend implements AsyncDisposable {
  events = 0;
  requests = 0;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { type, data } = await request.json();
      this.requests++;
      this.events += type === "batch" ? data.length : 1;
      return new Response(null, { status: 204 });
    },
  );

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get url(): string {
    return `${this.origin}/events`;
  }

  reset(): void {
    this.events = 0;
    this.requests = 0;
  }

  async received(count: number): Promise<void> {
    while (this.events < count) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

interface Sender {
  socket: RawSocket;
  chatId: string;
  /** Number of answered sends. */
  answered: number;
}

async function openSender(url: string, { token }: Person): Promise<Sender> {
  const group = await new HttpClient(url, token).post("/api/groups", { name: "Bench" });
  const greeted = Promise.withResolvers<void>();
  const sender = { chatId: group.body.id, answered: -1 } as Sender;
  sender.socket = await RawSocket.open(Number(new URL(url).port), "/ws", (text) => {
    for (const { ok } of [JSON.parse(text)].flat()) if (ok !== undefined) sender.answered++;
    greeted.resolve();
  });
  await sender.socket.send(JSON.stringify({ id: 0, cmd: "hello", data: { token } }));
  await greeted.promise;
  return sender;
}

/** Sends at the rate, in turn over the chats, and resolves once all were answered. */
async function sendAll(senders: Sender[], count: number): Promise<void> {
  for (const sender of senders) sender.answered = 0;
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    const { socket, chatId } = senders[n % senders.length];
    const text = `A message of the usual length, which is the ${n}th of this run`;
    await socket.send(JSON.stringify({ id: n + 1, cmd: "message.send", data: { chatId, text } }));
    const ahead = (n + 1) / RATE * 1000 - (performance.now() - began);
    if (ahead > 2) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  while (senders.reduce((sum, { answered }) => sum + answered, 0) < count) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
