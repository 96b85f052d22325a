import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { silentLog } from "../../../src/core/log.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { RecipientResolver } from "../../../src/notifications/recipient_resolver.ts";
import type { PushDispatch } from "../../../src/notifications/push/dispatch.ts";
import { PushWorker, type PushWorkerOptions } from "../../../src/notifications/push/worker.ts";
import { GIVE_UP_MS } from "../../../src/notifications/push/retry_times.ts";
import { aChat, anOutboxEntry, T0 } from "../../contract/store/rows.ts";
import { eventually } from "../../support/eventually.ts";
import { within } from "../../support/within.ts";

/** Creates a worker whose chats all exist; `onRound` is called with each round that is resolved. */
function workerOver(
  onRound: (chatId: string, entries: readonly OutboxEntry[]) => void,
  anyInChat = () => Promise.resolve(true),
) {
  const settled: string[] = [];
  const store = {
    chats: { byId: (id: string) => Promise.resolve(aChat({ id })) },
    pushDevices: { anyInChat },
    outbox: {
      settle: (done: string[]) => {
        settled.push(...done);
        return Promise.resolve();
      },
    },
  } as unknown as PushWorkerOptions["store"];
  const resolver = {
    resolve: (chatId: string, entries: readonly OutboxEntry[]) => {
      onRound(chatId, entries);
      return Promise.resolve([]);
    },
  } as unknown as RecipientResolver;
  const dispatch = {
    showChat: () => Promise.resolve([]),
    stop() {},
    idle: () => Promise.resolve(),
  } as unknown as PushDispatch;
  const clock = { now: () => T0 };
  const withdrawals = { apply: () => Promise.resolve() };
  const options = { store, resolver, dispatch, withdrawals, clock, log: silentLog };
  return { worker: new PushWorker(options), settled };
}

const ids = (count: number) => Array.from({ length: count }, () => newId());

Deno.test("PushWorker does not let busy chats delay the others", async () => {
  const [busy, quiet] = [ids(8), ids(12)];
  const processed: string[] = [];
  const { worker } = workerOver((chatId) => {
    processed.push(chatId);
    if (busy.includes(chatId)) worker.take(anOutboxEntry({ chatId }));
  });
  try {
    for (const chatId of [...busy, ...quiet]) worker.take(anOutboxEntry({ chatId }));
    await eventually("all were processed", () => quiet.every((id) => processed.includes(id)));
    assert.deepEqual(processed.slice(0, 20), [...busy, ...quiet], "in order of arrival");
    await eventually("the busy ones continue", () => processed.length >= 28);
  } finally {
    await worker.close();
  }
});

Deno.test("PushWorker processes entries that arrive during a chat's round or debounce together, and settles them once", async () => {
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

Deno.test("PushWorker settles entries older than a day without processing them, and processes fresh ones", async () => {
  const chatId = newId();
  const [old, fresh] = [T0 - GIVE_UP_MS, T0].map((createdAt) =>
    anOutboxEntry({ chatId, createdAt })
  );
  const processed: string[] = [];
  const { worker, settled } = workerOver((_, entries) =>
    processed.push(...entries.map(({ id }) => id))
  );
  for (const entry of [old, fresh]) worker.take(entry);
  await eventually("both are settled", () => settled.length === 2);
  await worker.close();
  assert.deepEqual(processed, [fresh.id]);
});

Deno.test("PushWorker resolves no recipients of plain messages in a chat without devices, but those of mentions", async () => {
  const plain = { type: "message", messageId: newId(), seq: 1, senderId: newId() } as const;
  const entryOf = (more: { mentions: string[]; replyTo: string | null }) =>
    anOutboxEntry({ chatId: newId(), occurrences: [{ ...plain, ...more }] });
  const nothing = entryOf({ mentions: [], replyTo: null });
  const mention = entryOf({ mentions: [newId()], replyTo: null });
  const reply = entryOf({ mentions: [], replyTo: newId() });
  const resolved: string[] = [];
  const { worker, settled } = workerOver(
    (chatId) => void resolved.push(chatId),
    () => Promise.resolve(false),
  );
  for (const entry of [nothing, mention, reply]) worker.take(entry);
  await eventually("all are settled", () => settled.length === 3);
  await worker.close();
  assert.deepEqual(new Set(resolved), new Set([mention.chatId, reply.chatId]));
});

/** Creates a worker over an outbox in memory, whose rounds end when a test says so. */
function pollingWorker(due: OutboxEntry[]) {
  const rounds: { ids: string[]; end: () => void }[] = [];
  const held: { ids: string[]; until: number }[] = [];
  const settled: string[] = [];
  const waited: number[] = [];
  const store = {
    chats: { byId: (id: string) => Promise.resolve(aChat({ id })) },
    pushDevices: { anyInChat: () => Promise.resolve(true) },
    outbox: {
      firstDue: () => Promise.resolve(due[0]?.dueAt ?? null),
      claim: (_: number, until: number, limit: number) =>
        Promise.resolve(due.splice(0, limit).map((entry) => ({ ...entry, dueAt: until }))),
      extend: (ids: string[], until: number) => {
        held.push({ ids, until });
        return Promise.resolve();
      },
      settle: (done: string[]) => {
        settled.push(...done);
        return Promise.resolve();
      },
    },
  } as unknown as PushWorkerOptions["store"];
  let isStopping = false;
  const resolver = {
    resolve: (_: string, entries: readonly OutboxEntry[]) =>
      new Promise((resolve) => {
        rounds.push({ ids: entries.map(({ id }) => id), end: () => resolve([]) });
        if (isStopping) resolve([]);
      }),
  } as unknown as RecipientResolver;
  const dispatch = {
    showChat: () => Promise.resolve([]),
    stop() {
      isStopping = true;
      for (const { end } of rounds) end();
    },
    idle: () => Promise.resolve(),
  } as unknown as PushDispatch;
  const clock = { now: () => T0 };
  const withdrawals = { apply: () => Promise.resolve() };
  const options = { store, resolver, dispatch, withdrawals, clock, log: silentLog, pollMs: 5 };
  const onWaited = (ms: number) => void waited.push(ms);
  const worker = new PushWorker({ ...options, onWaited });
  return { worker, rounds, held, settled, waited };
}

Deno.test("PushWorker claims due entries once it has started, and renews their leases", async () => {
  const entry = anOutboxEntry();
  const due = [entry];
  const { worker, rounds, held, settled } = pollingWorker(due);
  assert.equal(rounds.length, 0, "not before");
  worker.start();
  await eventually("it is claimed", () => rounds.length === 1);
  await eventually("its lease is renewed", () => held.length >= 2);
  for (const { ids, until } of held) assert.deepEqual([ids, until], [[entry.id], T0 + 30_000]);
  rounds[0].end();
  await eventually("it is settled", () => settled.length === 1);
  const later = anOutboxEntry();
  due.push(later);
  await eventually("polls go on", () => held.some(({ ids }) => ids.includes(later.id)));
  assert.deepEqual(held.at(-1)!.ids, [later.id], "settled entries are not claimed any more");
  await worker.close();
});

Deno.test("PushWorker renews only the leases of entries that were claimed at the poll before", async () => {
  const { worker, rounds, held, settled } = pollingWorker([]);
  const [quick, slow] = [anOutboxEntry(), anOutboxEntry()];
  for (const entry of [quick, slow]) worker.take(entry);
  await eventually("both rounds have begun", () => rounds.length === 2);
  await worker.poll();
  assert.deepEqual(held, []);
  rounds.find(({ ids }) => ids[0] === quick.id)!.end();
  await eventually("one is settled", () => settled.length === 1);
  await worker.poll();
  assert.deepEqual(held, [{ ids: [slow.id], until: T0 + 30_000 }]);
  await worker.close();
});

Deno.test("PushWorker does not let retries delay new entries", async () => {
  const { worker, rounds } = pollingWorker([]);
  for (let n = 0; n < 50; n++) worker.take(anOutboxEntry({ deviceIds: [newId()], attempts: 1 }));
  const fresh = anOutboxEntry();
  worker.take(fresh);
  await eventually(
    "the fresh entry gets its round",
    () => rounds.some(({ ids }) => ids.includes(fresh.id)),
  );
  assert.equal(rounds.length, 5, "four retries at a time, and the fresh one");
  await worker.close();
});

Deno.test("PushWorker releases processed entries, and still pushes after very many", async () => {
  const processed: string[] = [];
  const { worker } = workerOver((chatId) => processed.push(chatId));
  const chats = ids(5_200);
  for (const chatId of chats.slice(0, 5_000)) worker.take(anOutboxEntry({ chatId }));
  await eventually("all are processed", () => processed.length === 5_000);
  await eventually("and released", () => {
    const [chatId] = chats.splice(5_000, 1);
    worker.take(anOutboxEntry({ chatId }));
    return processed.length > 5_000;
  });
  await worker.close();
});

Deno.test("PushWorker holds at most 1,000 retries and 5,000 entries, and takes more once some are done", async () => {
  const due = [anOutboxEntry()];
  const { worker, rounds } = pollingWorker(due);
  const retry = () => anOutboxEntry({ deviceIds: [newId()], attempts: 1 });
  try {
    worker.take(anOutboxEntry());
    await eventually("a fresh entry has its round", () => rounds.length === 1);
    rounds.splice(0)[0].end();
    await eventually("it is done, and makes no room for retries", () => worker.claimed === 0);
    for (let n = 0; n < 1_001; n++) worker.take(retry());
    assert.equal(worker.claimed, 1_000);
    for (let n = 0; n < 4_001; n++) worker.take(anOutboxEntry());
    assert.equal(worker.claimed, 5_000);
    await worker.poll();
    assert.equal(due.length, 1, "the others stay in the store");
    await eventually("retries and fresh entries have their rounds", () => rounds.length >= 12);
    for (const { end } of rounds) end();
    await eventually("some are done", () => worker.claimed <= 4_988);
    await worker.poll();
    assert.equal(due.length, 0, "and are claimed when there is room");
    const before = worker.claimed;
    worker.take(retry());
    assert.equal(worker.claimed, before + 1, "there is room for retries too");
  } finally {
    await worker.close();
  }
});

Deno.test("PushWorker reports at each poll for how long the oldest entry has been due", async () => {
  const due = [anOutboxEntry({ dueAt: T0 - 7_000 })];
  const { worker, waited } = pollingWorker(due);
  try {
    await worker.poll();
    await worker.poll();
    assert.deepEqual(waited, [7_000, 0]);
  } finally {
    await worker.close();
  }
});

/** A worker whose outbox and dispatch are the given ones, and that is started. */
function startedWorker(
  outbox: Partial<PushWorkerOptions["store"]["outbox"]>,
  dispatch: Partial<PushDispatch>,
) {
  const worker = new PushWorker({
    store: {
      chats: { byId: (id: string) => Promise.resolve(aChat({ id })) },
      outbox: {
        firstDue: () => Promise.resolve(null),
        claim: () => Promise.resolve([]),
        extend: () => Promise.resolve(),
        settle: () => Promise.resolve(),
        ...outbox,
      },
    } as unknown as PushWorkerOptions["store"],
    resolver: { resolve: () => Promise.resolve([]) } as unknown as RecipientResolver,
    dispatch: { stop() {}, idle: () => Promise.resolve(), ...dispatch } as unknown as PushDispatch,
    withdrawals: { apply: () => Promise.resolve() },
    clock: { now: () => T0 },
    log: silentLog,
    pollMs: 1,
  });
  worker.start();
  return worker;
}

/** Requires that `closing` waits until `letGo` was called. */
async function assertWaits(closing: Promise<void>, letGo: () => void): Promise<void> {
  let isClosed = false;
  const closed = closing.then(() => isClosed = true);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(isClosed, false, "it waits");
  letGo();
  await within("it is closed", closed, 20_000);
}

Deno.test("PushWorker closes once its poll and its late pushes have ended, and polls no more", async () => {
  const poll = Promise.withResolvers<null>(), late = Promise.withResolvers<void>();
  let polls = 0, stops = 0;
  const polling = startedWorker({
    firstDue: () => (polls++, poll.promise),
  }, { stop: () => void stops++ });
  await eventually("it polls", () => polls === 1);
  await assertWaits(polling.close(), () => poll.resolve(null));
  assert.deepEqual([polls, stops], [1, 1], "pushes in flight are aborted");
  const delivering = startedWorker({}, { idle: () => late.promise });
  await assertWaits(delivering.close(), late.resolve);
});

Deno.test("PushWorker settles a round together with the retries that it returned", async () => {
  const settled: [string[], OutboxEntry[]][] = [];
  const entry = anOutboxEntry(), retry = anOutboxEntry({ deviceIds: [newId()], attempts: 1 });
  const worker = startedWorker({
    settle: (done, retries) => Promise.resolve(void settled.push([done, retries])),
  }, { showChat: () => Promise.resolve([retry]) });
  worker.take(entry);
  await eventually("it is settled", () => settled.length === 1);
  await worker.close();
  assert.deepEqual(settled, [[[entry.id], [retry]]]);
});

Deno.test("PushWorker shows the notifications of an entry without a chat, and withdraws what it names", async () => {
  const settled: [string[], OutboxEntry[]][] = [];
  const shown: string[] = [], withdrawn: string[] = [];
  const retries = [1, 2].map(() => anOutboxEntry({ deviceIds: [newId()], attempts: 1 }));
  const worker = startedWorker({
    settle: (done, retries) => Promise.resolve(void settled.push([done, retries])),
  }, {
    showNotification: ({ id }) => (shown.push(id), Promise.resolve([retries[0]])),
    withdraw: ({ id }) => (withdrawn.push(id), Promise.resolve([retries[1]])),
  });
  const entry = anOutboxEntry({ chatId: null });
  worker.take(entry);
  await eventually("it is settled", () => settled.length === 1);
  await worker.close();
  assert.deepEqual([shown, withdrawn], [[entry.id], [entry.id]]);
  assert.deepEqual(settled, [[[entry.id], retries]]);
});

Deno.test("PushWorker counts what it cannot read as due since it last read it", async () => {
  const clock = { at: T0, now: () => clock.at };
  let firstDue = () => Promise.resolve<number | null>(null);
  const store = {
    outbox: { firstDue: () => firstDue(), claim: () => Promise.resolve([]) },
  } as unknown as PushWorkerOptions["store"];
  const waited: number[] = [];
  const worker = new PushWorker({
    store,
    resolver: {} as RecipientResolver,
    dispatch: { stop() {}, idle: () => Promise.resolve() } as unknown as PushDispatch,
    withdrawals: { apply: () => Promise.resolve() },
    clock,
    log: silentLog,
    onWaited: (ms) => void waited.push(ms),
  });
  const pollAt = async (seconds: number) => {
    clock.at = T0 + seconds * 1_000;
    await worker.poll();
  };
  const fails = () => Promise.reject(new Error("the database is away"));
  await pollAt(10);
  firstDue = fails;
  await pollAt(70);
  firstDue = () => Promise.resolve(T0 + 75_000);
  await pollAt(80);
  firstDue = fails;
  await pollAt(90);
  firstDue = () => Promise.resolve(null);
  await pollAt(95);
  assert.deepEqual(waited, [0, 60_000, 5_000, 15_000, 0]);
  await worker.close();
});
