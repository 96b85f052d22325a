import type { Chat } from "../../src/model/chat.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { findService } from "../support/services.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { percentile } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { bytesOf, diskRow, type FilledDisk } from "./growth_disk.ts";
import { openFiller } from "./growth_fill.ts";
import { type Repeats, timeAll, type Timed, type Times } from "./growth_requests.ts";
import { createChats, fillUp } from "./growth_world.ts";

const SIZES = [10_000, 100_000, 1_000_000];

export interface GrowthOptions extends Repeats {
  /** Messages of the database, rising. */
  sizes: number[];
}

export interface GrowthRows {
  /** Times of each request, of both stores one below the other. */
  requests: Row[];
  disk: Row[];
}

/**
 * Requests of one person, as the database grows to 1,000,000 messages in 400 chats of theirs, on
 * both stores. With `--short` it grows to 100,000, and keeps no figures.
 */
export async function growth(): Promise<void> {
  const isShort = Deno.args.includes("--short");
  const sizes = isShort ? SIZES.slice(0, -1) : SIZES;
  const { requests, disk } = await growthRows({ sizes, rounds: 100, warmUp: 20 });
  console.table(requests);
  console.table(disk);
  if (isShort) return;
  await keepFigures("growth", requests);
  await keepFigures("growth_disk", disk);
}

export async function growthRows(options: GrowthOptions): Promise<GrowthRows> {
  const found = [await onSqlite(options)];
  if (findService("mongodb")) found.push(await onMongodb(options));
  const requests = found.flatMap(({ store, times }) =>
    [...times[0].keys()].map((request) => rowOf(request, store, options.sizes, times))
  );
  // Sorting is stable: the stores stay in their order.
  const order = [...found[0].times[0].keys()];
  requests.sort((a, b) => order.indexOf(String(a.Request)) - order.indexOf(String(b.Request)));
  return { requests, disk: found.map(({ store, disk }) => diskRow(store, disk)) };
}

interface Growth {
  store: string;
  /** By size. */
  times: Times[];
  disk: FilledDisk[];
}

async function onSqlite(options: GrowthOptions): Promise<Growth> {
  await using folder = await TempDir.make("growth");
  const dataDir = folder.join("data");
  return await measure("SQLite", options, { dataDir, files: dataDir, env: {}, pids: [] });
}

async function onMongodb(options: GrowthOptions): Promise<Growth> {
  await using folder = await TempDir.make("growth");
  await using mongodb = await MongodbServer.start({ cacheSize: "2G" });
  const env = {
    MONGODB_URI: mongodb.uri("growth"),
    ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
  };
  const dataDir = folder.join("data");
  return await measure("MongoDB", options, {
    dataDir,
    files: mongodb.dataDir,
    env,
    pids: [mongodb.pid],
  });
}

interface Place {
  dataDir: string;
  /** The folder of the database's files. */
  files: string;
  env: Record<string, string>;
  /** The processes of the database, beside the server. */
  pids: number[];
}

async function measure(
  store: string,
  { sizes, ...repeats }: GrowthOptions,
  { dataDir, files, env: more, pids }: Place,
): Promise<Growth> {
  const env = testEnvironment({
    NODE_ENV: "development",
    DATA_DIR: dataDir,
    LOG_LEVEL: "warn",
    RATE_READ: "1000000/1s",
    RATE_SEARCH: "1000000/1s",
    RATE_SEND: "1000000/1s",
    ...more,
  });
  const config = testConfig(dataDir, env);
  const { reader, writer } = await seedPeople(config, ["reader", "writer"]);
  const ids = { reader: reader.id, writer: writer.id };
  let chats: Chat[] = [];
  const growth: Growth = { store, times: [], disk: [] };
  for (const messages of sizes) {
    const began = performance.now();
    {
      await using filler = await openFiller(config);
      if (chats.length === 0) chats = await createChats(filler.store, ids);
      await fillUp(filler, chats, ids, messages);
      chats = await filler.store.chats.byIds(chats.map(({ id }) => id));
    }
    const seconds = Math.round((performance.now() - began) / 1e3);
    console.log(`${store}: ${messages} messages after ${seconds} s`);
    await using server = await ServerProcess.start({ env });
    const client = new HttpClient(server.url, reader.token);
    growth.times.push(await timeAll(client, chats, repeats, [server.pid, ...pids]));
    growth.disk.push({ messages, bytes: await bytesOf(files) });
  }
  return growth;
}

/** A request that failed has its status in the place of its time. */
function rowOf(request: string, store: string, sizes: number[], found: Times[]): Row {
  const timed = found.map((each) => each.get(request)!);
  const [first, last] = [timed[0], timed.at(-1)!];
  const median = ({ times }: Timed) => percentile(times, 0.5);
  const row: Row = { Request: request, Store: store };
  for (const [n, size] of sizes.entries()) {
    const { failed } = timed[n];
    row[`at ${named(size)}`] = failed === null ? round(median(timed[n])) : `fails, ${failed}`;
  }
  const isWhole = timed.every(({ failed }) => failed === null);
  row["p99 ms"] = isWhole ? round(percentile(last.times, 0.99)) : "";
  row["×"] = isWhole ? round(median(last) / median(first)) : "";
  row["CPU ms"] = round(last.cpu);
  row["CPU ×"] = isWhole ? round(last.cpu / first.cpu) : "";
  return row;
}

function named(size: number): string {
  return size.toLocaleString("en");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
