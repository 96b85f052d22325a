import { MongoClient } from "mongodb";
import { newId } from "../../src/core/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange, aChat, aMember } from "../contract/store/rows.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { openStoreOf, type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { cpuSeconds } from "./cpu.ts";
import { RawSocket } from "./raw_socket.ts";

export type StoreName = "sqlite" | "mongodb";

export const GROUP = 20;
/** Each has a chat with those who come so many later, and so with as many who come before. */
const PARTNERS = [1, 7, 19];

/** The price of a piece of work: seconds of processor time, and requests to the database. */
export interface Cost {
  server: number;
  database: number;
  requests: number;
}

/** A server on a store with people who each have one group of 20 and six chats of two. */
export class CostWorld implements AsyncDisposable {
  /** The groups, which hold the people in order. */
  readonly groups: string[] = [];
  /** A chat of two of each of the people. */
  readonly pairs: string[] = [];
  readonly #port: number;

  private constructor(
    readonly server: ServerProcess,
    readonly people: Person[],
    private readonly database: { pid: number; client: MongoClient } | null,
    private readonly disposals: AsyncDisposableStack,
  ) {
    this.#port = Number(new URL(server.url).port);
  }

  static async start(store: StoreName, people: number): Promise<CostWorld> {
    const disposals = new AsyncDisposableStack();
    const folder = disposals.use(await TempDir.make("costs"));
    const mongodb = store === "mongodb"
      ? disposals.use(await MongodbServer.start({ cacheSize: "2G" }))
      : null;
    const uri = mongodb?.uri();
    const env = testEnvironment({
      NODE_ENV: "development",
      DATA_DIR: folder.join("data"),
      LIMIT_PRESENCE_GRACE_MS: "500",
      LIMIT_SOCKETS_PER_ADDRESS: "100000",
      LIMIT_SOCKETS_PER_USER: "100",
      LIMIT_SOCKETS_BEFORE_HELLO: "100000",
      ...(uri && { MONGODB_URI: uri, ENCRYPTION_KEY: "0123456789abcdef".repeat(4) }),
    });
    const config = testConfig(folder.join("data"), env);
    const names = Array.from({ length: people }, (_, n) => `person${n}`);
    const seeded = Object.values(await seedPeople(config, names));
    const opened = await openStoreOf(config);
    const { groups, pairs } = await fill(opened, seeded.map(({ id }) => id));
    await opened.close();
    const client = uri ? await new MongoClient(uri).connect() : null;
    if (client) disposals.defer(() => client.close());
    const server = disposals.use(await ServerProcess.start({ env }));
    const database = mongodb && client && { pid: mongodb.pid, client };
    const world = new CostWorld(server, seeded, database, disposals);
    world.groups.push(...groups);
    world.pairs.push(...pairs);
    return world;
  }

  /** Returns the price of the work, divided by `count`. */
  async cost(count: number, work: () => Promise<unknown>): Promise<Cost> {
    const before = await this.#spent();
    await work();
    const after = await this.#spent();
    const each = (kind: keyof Cost) => (after[kind] - before[kind]) / count;
    return { server: each("server"), database: each("database"), requests: each("requests") };
  }

  open(person: Person): Promise<Client> {
    return Client.open(this.#port, person);
  }

  async #spent(): Promise<Cost> {
    const server = await cpuSeconds(this.server.pid);
    if (!this.database) return { server, database: 0, requests: 0 };
    const { network } = await this.database.client.db("admin").command({ serverStatus: 1 });
    const database = await cpuSeconds(this.database.pid);
    return { server, database, requests: Number(network.numRequests) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposals.disposeAsync();
  }
}

async function fill(store: Store, people: string[]) {
  const groups: string[] = [];
  const pairs: string[] = [];
  for (let at = 0; at < people.length; at += GROUP) {
    groups.push(await newChat(store, people.slice(at, at + GROUP)));
  }
  for (let n = 0; n < people.length; n++) {
    const others = PARTNERS.map((distance) => people[(n + distance) % people.length]);
    const [first] = await Promise.all(others.map((other) => newChat(store, [people[n], other])));
    pairs.push(first);
  }
  return { groups, pairs };
}

async function newChat(store: Store, memberIds: string[]): Promise<string> {
  const id = newId();
  const chat = aChat({ id, memberCount: memberIds.length, createdBy: memberIds[0] });
  const members = memberIds.map((userId) => aMember(id, { userId }));
  await store.chats.commit(aChange(0, chat, { members }));
  return id;
}

/** A socket that waits for replies, and counts events without reading them. */
export class Client {
  #serial = 0;
  #answered: { mark: string; resolve: () => void; reject: (error: Error) => void } | null = null;
  #socket!: RawSocket;

  static async open(port: number, { token }: Person): Promise<Client> {
    const client = new Client();
    client.#socket = await RawSocket.open(port, "/ws", (text) => client.#read(text));
    await client.request("hello", { token });
    return client;
  }

  request(cmd: string, data: unknown): Promise<void> {
    const id = ++this.#serial;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#answered = { mark: `"id":${id},`, resolve, reject };
    this.#socket.send(JSON.stringify({ id, cmd, data })).catch(reject);
    return promise;
  }

  close(): void {
    this.#socket.close();
  }

  #read(text: string): void {
    if (!this.#answered || !text.includes(this.#answered.mark)) return;
    const { resolve, reject } = this.#answered;
    if (text.includes('"ok":true')) resolve();
    else reject(new Error(text));
  }
}
