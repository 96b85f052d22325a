import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { OutboxEntry } from "../../src/model/outbox_entry.ts";
import type { ChatTeller } from "../../src/notifications/chat_teller.ts";
import type { PushDispatch } from "../../src/notifications/push_dispatch.ts";
import { PushWorker, type PushWorkerOptions } from "../../src/notifications/push_worker.ts";
import { GIVE_UP_MS } from "../../src/notifications/retry_times.ts";
import { aChat, anOutboxEntry, T0 } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";

/** A worker whose chats all exist; `tell` hears of each round. */
function workerOver(tell: (chatId: string, entries: readonly OutboxEntry[]) => void) {
  const settled: string[] = [];
  const store = {
    chats: { byId: (id: string) => Promise.resolve(aChat({ id })) },
    outbox: {
      settle: (done: string[]) => {
        settled.push(...done);
        return Promise.resolve();
      },
    },
  } as unknown as PushWorkerOptions["store"];
  const teller = {
    tell: ({ id }: Chat, entries: readonly OutboxEntry[]) => {
      tell(id, entries);
      return Promise.resolve([]);
    },
  } as unknown as ChatTeller;
  const dispatch = {
    showChat: () => Promise.resolve([]),
    stop() {},
    idle: () => Promise.resolve(),
  } as unknown as PushDispatch;
  const clock = { now: () => T0 };
  const withdrawals = { apply: () => Promise.resolve() };
  const options = { store, teller, dispatch, withdrawals, clock, log: silentLog };
  return { worker: new PushWorker(options), settled };
}

const ids = (count: number) => Array.from({ length: count }, () => newId());

Deno.test("chats that are never quiet do not keep the others waiting", async () => {
  const [busy, quiet] = [ids(8), ids(12)];
  const told: string[] = [];
  const { worker } = workerOver((chatId) => {
    told.push(chatId);
    if (busy.includes(chatId)) worker.take(anOutboxEntry({ chatId }));
  });
  try {
    for (const chatId of [...busy, ...quiet]) worker.take(anOutboxEntry({ chatId }));
    await eventually("all have been told", () => quiet.every((id) => told.includes(id)));
    assert.deepEqual(told.slice(0, 20), [...busy, ...quiet], "in the order of their coming");
    await eventually("the busy ones go on", () => told.length >= 28);
  } finally {
    await worker.close();
  }
});

Deno.test("what comes while a chat is told of, or rests, goes together and is settled once", async () => {
  const chatId = newId();
  const [first, ...later] = [1, 2, 3].map(() => anOutboxEntry({ chatId }));
  const rounds: string[][] = [];
  const { worker, settled } = workerOver((_, entries) => {
    rounds.push(entries.map(({ id }) => id));
    if (rounds.length > 1) return;
    for (const entry of [first, ...later]) worker.take(entry);
  });
  worker.take(first);
  await eventually("all are settled", () => settled.length >= 3);
  await worker.close();
  assert.deepEqual(rounds, [[first.id], later.map(({ id }) => id)]);
  assert.deepEqual(settled, [first, ...later].map(({ id }) => id));
});

Deno.test("what could not be told for a day is settled untold, and what is fresh is told", async () => {
  const chatId = newId();
  const [old, fresh] = [T0 - GIVE_UP_MS, T0].map((createdAt) =>
    anOutboxEntry({ chatId, createdAt })
  );
  const told: string[] = [];
  const { worker, settled } = workerOver((_, entries) => told.push(...entries.map(({ id }) => id)));
  for (const entry of [old, fresh]) worker.take(entry);
  await eventually("both are settled", () => settled.length === 2);
  await worker.close();
  assert.deepEqual(told, [fresh.id]);
});
