import type { Chat } from "../../src/model/chat.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { openStoreOf, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { findService } from "../support/services.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { percentile } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { COMMON_WORD, createChats, fillUp, RARE_WORD } from "./growth_world.ts";

const SIZES = [10_000, 1_000_000];
const SHORT_SIZES = [10_000, 100_000];
const PAGE = 50;
/** Milliseconds after which a work is repeated no more, but for a few times. */
const LONGEST_MS = 4_000;
const LEAST_ROUNDS = 5;

export interface GrowthOptions {
  /** Messages of the database, rising. */
  sizes: number[];
  /** Requests of each kind that are measured, after those that warm up. */
  rounds: number;
  warmUp: number;
}

/**
 * Requests of one person, as the database grows to 1,000,000 messages in 400 chats of theirs, on
 * both stores. With `--short` it grows to 100,000.
 */
export async function growth(): Promise<void> {
  const isShort = Deno.args.includes("--short");
  const sizes = isShort ? SHORT_SIZES : SIZES;
  const rows = await growthRows({ sizes, rounds: 100, warmUp: 20 });
  console.table(rows);
  if (!isShort) await keepFigures("growth", rows);
}

export async function growthRows(options: GrowthOptions): Promise<Row[]> {
  const rows = await measure("SQLite", options, {});
  if (!findService("mongodb")) return rows;
  await using mongodb = await MongodbServer.start();
  const env = {
    MONGODB_URI: mongodb.uri("growth"),
    ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
  };
  return [...rows, ...await measure("MongoDB", options, env)];
}

async function measure(
  store: string,
  { sizes, ...repeats }: GrowthOptions,
  more: Record<string, string>,
): Promise<Row[]> {
  await using folder = await TempDir.make("growth");
  const env = testEnvironment({
    NODE_ENV: "development",
    DATA_DIR: folder.join("data"),
    LOG_LEVEL: "warn",
    RATE_READ: "1000000/1s",
    RATE_SEARCH: "1000000/1s",
    RATE_SEND: "1000000/1s",
    ...more,
  });
  const config = testConfig(folder.join("data"), env);
  const { reader, writer } = await seedPeople(config, ["reader", "writer"]);
  const ids = { reader: reader.id, writer: writer.id };
  let chats: Chat[] = [];
  const found: Map<string, Float64Array>[] = [];
  for (const size of sizes) {
    const opened = await openStoreOf(config);
    if (chats.length === 0) chats = await createChats(opened, ids);
    const began = performance.now();
    await fillUp(opened, chats, ids, size);
    console.log(
      `${store}: ${size} messages after ${Math.round((performance.now() - began) / 1e3)} s`,
    );
    chats = await opened.chats.byIds(chats.map(({ id }) => id));
    await opened.close();
    await using server = await ServerProcess.start({ env });
    found.push(await timeAll(new HttpClient(server.url, reader.token), chats, repeats));
  }
  return [...found[0].keys()].map((work) => rowOf(store, work, sizes, found));
}

function rowOf(store: string, work: string, sizes: number[], found: Map<string, Float64Array>[]) {
  const row: Row = { store, work };
  const medians = found.map((times) => percentile(times.get(work)!, 0.5));
  for (const [n, size] of sizes.entries()) {
    row[`p50 ms at ${size}`] = medians[n].toFixed(1);
    row[`p99 ms at ${size}`] = percentile(found[n].get(work)!, 0.99).toFixed(1);
  }
  row.growth = (medians.at(-1)! / medians[0]).toFixed(2);
  return row;
}

type Repeats = Omit<GrowthOptions, "sizes">;

async function timeAll(client: HttpClient, chats: Chat[], repeats: Repeats) {
  const main = chats.find(({ name }) => name === "Group 0")!;
  // One new message in each chat.
  const cursors = Object.fromEntries(chats.map(({ id, rev }) => [id, rev - 1]));
  const before = () => PAGE + 10 + Math.floor(Math.random() * (main.lastSeq - PAGE - 10));
  const search = (word: string) => client.get(`/api/messages/search?q=${word}&limit=20`);
  const works = {
    "sync of 400 chats": () => client.post("/api/sync", { cursors }),
    inbox: () => client.get("/api/chats?limit=50"),
    history: () => client.get(`/api/messages/${main.id}?before=${before()}&limit=${PAGE}`),
    "search, a common word": () => search(COMMON_WORD),
    "search, a rare word": () => search(RARE_WORD),
    send: () => client.post("/api/messages", { chatId: main.id, text: `${COMMON_WORD} and more` }),
  };
  const times = new Map<string, Float64Array>();
  for (const [work, ask] of Object.entries(works)) {
    times.set(work, await timeOne(work, ask, repeats));
  }
  return times;
}

async function timeOne(
  work: string,
  ask: () => ReturnType<HttpClient["get"]>,
  { rounds, warmUp }: Repeats,
): Promise<Float64Array> {
  const times: number[] = [];
  const started = performance.now();
  for (let round = 0; round < warmUp + rounds; round++) {
    if (round >= LEAST_ROUNDS && performance.now() - started > LONGEST_MS) break;
    const began = performance.now();
    const { status, body } = await ask();
    if (status >= 300) throw new Error(`${work}: ${JSON.stringify(body)}`);
    times.push(performance.now() - began);
  }
  return Float64Array.from(times.slice(Math.min(warmUp, Math.max(0, times.length - LEAST_ROUNDS))))
    .sort();
}
