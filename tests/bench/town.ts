import { newId } from "../../src/core/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange, aChat, aDirectChat, aMember } from "../contract/store/rows.ts";
import { openStoreOf, type Person, seedPeople } from "../support/people.ts";
import { answersHttp, ChildServer } from "../support/child_server.ts";
import { launchArguments, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { pin } from "./cpu.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";

/** Number of people, of chats of two, and the size of each group. */
export interface TownPlan {
  people: number;
  directs: number;
  groups: readonly number[];
  env?: Record<string, string>;
  /** Gives the server one core of two, and the load the other. */
  pinned?: boolean;
  /** Number of threads of `deno task start:parallel`; `deno task start` if it is left out. */
  threads?: number;
}

export interface TownChat {
  id: string;
  /** Indexes of its members among the people. */
  members: number[];
}

interface TownChats {
  directs: TownChat[];
  groups: TownChat[];
}

type TownServer = Pick<ServerProcess, "pid" | "url" | "kill"> & AsyncDisposable;

interface TownPlace {
  env: Record<string, string>;
  pinned?: boolean;
  threads?: number;
  folder: TempDir;
}

/** Number of chats written at once: SQLite commits those of one turn together. */
const CHATS_AT_ONCE = 500;

/** A server with people who know each other, and who are signed in. It can be restarted. */
export class Town implements AsyncDisposable {
  readonly port: number;

  readonly directs: TownChat[];
  readonly groups: TownChat[];

  private constructor(
    public server: TownServer,
    readonly people: Person[],
    chats: TownChats,
    private readonly place: TownPlace,
  ) {
    this.port = Number(new URL(server.url).port);
    this.directs = chats.directs;
    this.groups = chats.groups;
  }

  static async start(plan: TownPlan): Promise<Town> {
    const folder = await TempDir.make("town");
    try {
      const env = townEnvironment(folder.join("data"), plan.env);
      const config = testConfig(folder.join("data"), env);
      const names = Array.from({ length: plan.people }, (_, n) => `person${n}`);
      const people = Object.values(await seedPeople(config, names));
      const store = await openStoreOf(config);
      const chats = await settle(store, people.map(({ id }) => id), plan);
      await store.close();
      const place = { env, folder, pinned: plan.pinned, threads: plan.threads };
      return new Town(await started(place), people, chats, place);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Stops the server as a deployment does, and starts it on the same port; the sockets end. */
  async restart(): Promise<void> {
    await this.server.kill();
    await this.server[Symbol.asyncDispose]();
    const env = { ...this.place.env, PORT: String(this.port) };
    this.server = await started({ ...this.place, env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.place.folder[Symbol.asyncDispose]();
  }
}

async function started({ env, pinned = false, threads }: TownPlace): Promise<TownServer> {
  const server = threads === undefined
    ? await ServerProcess.start({ env })
    : await startParallel(env, threads);
  if (pinned) await Promise.all([pin(server.pid, 0), pin(Deno.pid, 1)]);
  return server;
}

async function startParallel(env: Record<string, string>, threads: number): Promise<TownServer> {
  const { server, port } = await ChildServer.startOnFreePort((port) => {
    const given = {
      ...env,
      HOST: "127.0.0.1",
      PORT: String(port),
      DENO_JOBS: String(threads),
      BROKER: "kv",
    };
    return {
      program: Deno.execPath(),
      args: launchArguments("parallel", given),
      env: given,
      ready: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
      readyWithin: 60_000,
    };
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}` });
}

function townEnvironment(dataDir: string, more: Record<string, string> = {}) {
  return testEnvironment({
    NODE_ENV: "development",
    DATA_DIR: dataDir,
    LIMIT_SOCKETS_PER_ADDRESS: "100000",
    LIMIT_SOCKETS_PER_USER: "100",
    LIMIT_SOCKETS_BEFORE_HELLO: "100000",
    ...more,
  });
}

async function settle(
  store: Store,
  ids: string[],
  { directs, groups }: TownPlan,
): Promise<TownChats> {
  const pairs = Array.from({ length: directs }, (_, n) => pairOf(n, ids.length));
  let next = 0;
  const crowds = groups.map((size) => Array.from({ length: size }, () => next++ % ids.length));
  return { directs: await found(store, ids, pairs), groups: await found(store, ids, crowds) };
}

/** Each person has a chat with those who come 1, 2, 3 … later, as many as there are. */
function pairOf(n: number, people: number): number[] {
  const first = n % people;
  return [first, (first + 1 + Math.floor(n / people)) % people];
}

async function found(store: Store, ids: string[], all: number[][]): Promise<TownChat[]> {
  const chats: TownChat[] = [];
  for (let at = 0; at < all.length; at += CHATS_AT_ONCE) {
    const some = all.slice(at, at + CHATS_AT_ONCE).map(async (members) => {
      const id = newId();
      const [a, b] = members.map((n) => ids[n]);
      const chat = members.length === 2
        ? aDirectChat(a, b, { id, createdBy: a })
        : aChat({ id, memberCount: members.length, createdBy: a });
      const rows = members.map((n) => aMember(id, { userId: ids[n] }));
      await store.chats.commit(aChange(0, chat, { members: rows }));
      return { id, members };
    });
    chats.push(...await Promise.all(some));
  }
  return chats;
}
