import { join } from "node:path";
import { newId } from "../../src/core/ids.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { Message } from "../../src/model/message.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aMessage } from "../contract/store/rows.ts";
import { HttpClient } from "../support/http_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { percentile } from "./fanout_load.ts";

const SIZES = [10_000, 1_000_000];
const BATCH = 500;
const PAGE = 50;
const READS = 400;

/**
 * Reads pages of 50 at random positions of one chat, as the chat grows: from the Store, and over
 * REST.
 */
export async function history(): Promise<void> {
  await using folder = await TempDir.make("history");
  const dataDir = folder.join("data");
  const person = await withServer(dataDir, (client) => openGroup(client));
  const rows = [];
  for (const size of SIZES) {
    await fill(join(dataDir, "chat.sqlite3"), person.chatId, person.userId, size);
    const store = await timeStore(join(dataDir, "chat.sqlite3"), person.chatId);
    const rest = await withServer(dataDir, (client) => timeRest(client.as(person.token), person));
    rows.push({
      messages: size,
      "Store p50 ms": round(percentile(store, 0.5)),
      "Store p99 ms": round(percentile(store, 0.99)),
      "REST p50 ms": round(percentile(rest, 0.5)),
      "REST p99 ms": round(percentile(rest, 0.99)),
    });
  }
  console.table(rows);
}

async function withServer<T>(dataDir: string, work: (client: HttpClient) => Promise<T>) {
  await using server = await ServerProcess.start({
    env: { DATA_DIR: dataDir, LOG_LEVEL: "warn", RATE_READ: "1000000/1s" },
  });
  return await work(new HttpClient(server.url));
}

async function openGroup(client: HttpClient) {
  const { body } = await client.post("/api/auth/register", {
    username: "reader",
    email: "reader@example.org",
    password: "a password of the bench",
  });
  const group = await client.as(body.accessToken).post("/api/groups", { name: "History" });
  const chatId = group.body.id as string;
  return { userId: body.user.id as string, token: body.accessToken as string, chatId };
}

/** Writes messages through the Store, since a million sends would be a separate benchmark. */
async function fill(path: string, chatId: string, senderId: string, size: number): Promise<void> {
  const store = new SqliteStore(path);
  let chat = (await store.chats.byId(chatId))!;
  while (chat.lastSeq < size) {
    const inserted = Array.from({ length: BATCH }, (_, i) => messageOf(chat, senderId, i));
    const rev = inserted.at(-1)!.rev;
    const next = { ...chat, rev, lastSeq: rev };
    await store.chats.commit({
      expectedRev: chat.rev,
      chat: next,
      inserted,
      updated: [],
      members: [],
    });
    chat = next;
  }
  // A search completes the index, which would otherwise continue while pages are read.
  await store.messages.search({ chatIds: [chatId], query: "none", before: null, limit: 1 });
  await store.close();
}

function messageOf(chat: Chat, senderId: string, i: number): Message {
  const id = newId();
  const rev = chat.rev + 1 + i;
  const text = `Message number ${rev} of a long history, as long as people write`;
  return aMessage(chat.id, rev, { id, clientId: id, senderId, text, createdAt: Date.now() });
}

async function timeStore(path: string, chatId: string): Promise<Float64Array> {
  const store = new SqliteStore(path);
  const { lastSeq } = (await store.chats.byId(chatId))!;
  const times = await timed(
    (before) => store.messages.page({ chatId, before, limit: PAGE }),
    lastSeq,
  );
  await store.close();
  return times;
}

async function timeRest(client: HttpClient, { chatId }: { chatId: string }): Promise<Float64Array> {
  const newest = await client.get(`/api/messages/${chatId}?limit=1`);
  const { seq } = newest.body.items[0];
  return await timed(async (before) => {
    const { body } = await client.get(`/api/messages/${chatId}?before=${before}&limit=${PAGE}`);
    return body.items;
  }, seq);
}

async function timed(
  read: (before: number) => Promise<unknown[]>,
  lastSeq: number,
): Promise<Float64Array> {
  const times: number[] = [];
  for (let i = 0; i < READS + 50; i++) {
    const before = PAGE + 10 + Math.floor(Math.random() * (lastSeq - PAGE - 10));
    const started = performance.now();
    const { length } = await read(before);
    if (length !== PAGE) throw new Error(`A page of ${length} before ${before}`);
    if (i >= 50) times.push(performance.now() - started);
  }
  return Float64Array.from(times).sort();
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
