import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { DayCounter } from "../../src/moderation/day_counter.ts";
import { aMedia, aMessage } from "../contract/store/rows.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 0, 31, 12);

/** A counter over a store that notes what it is given, and fails while `fails` says so. */
function world() {
  const state = {
    now: NOON,
    fails: "" as "" | "add" | "markActive",
    failsOn: "",
    gate: Promise.resolve(),
  };
  const added: [day: string, figures: object][] = [];
  const active: [day: string, ids: string[]][] = [];
  const warnings: string[] = [];
  const users = new Map([["bot", { isBot: true }], ["erased", { deletedAt: 1 }]]);
  const store = {
    statistics: {
      add: async (day: string, figures: object) => {
        await state.gate;
        if (state.fails === "add" || state.failsOn === day) throw new Error("down");
        added.push([day, figures]);
      },
      markActive: (day: string, ids: string[]) => {
        if (state.fails === "markActive") return Promise.reject(new Error("down"));
        active.push([day, ids]);
        return Promise.resolve();
      },
    },
    users: {
      byIds: (ids: string[]) =>
        Promise.resolve(
          ids.map((id) => ({ id, isBot: false, deletedAt: null, ...users.get(id) })),
        ),
    },
  };
  const log = jsonLog("warn", (line) => warnings.push(line));
  const counter = new DayCounter(store as never, { now: () => state.now }, log);
  return { state, counter, added, active, warnings };
}

Deno.test("DayCounter adds the figures of a day together, each once", async () => {
  const { counter, added } = world();
  counter.count("messages");
  counter.count("messages", 4);
  counter.count("pushesSent");
  await counter.flush();
  await counter.close();
  assert.deepEqual(added, [["2026-01-31", { messages: 5, pushesSent: 1 }]]);
});

Deno.test("DayCounter counts new chats, messages of people, and their files", async () => {
  const { counter, added } = world();
  const media = [aMedia({ size: 10 }), aMedia({ size: 5 })];
  const created = (fields: object) =>
    ({ type: "message.created", rev: 1, message: aMessage("chat", 1, fields) }) as const;
  const chat = { chatId: "chat", rev: 9 };
  const steps = [
    created({ media }),
    created({}),
    created({ kind: "system" }),
    { ...created({}), type: "message.updated" } as const,
  ];
  counter.committed({ ...chat, after: 0, steps });
  counter.committed({ ...chat, after: 4, steps: [created({})] });
  await counter.flush();
  assert.deepEqual(added, [["2026-01-31", { chats: 1, messages: 3, files: 2, fileBytes: 15 }]]);
});

Deno.test("DayCounter counts each person once a day, without bots and the erased", async () => {
  const { counter, active, state } = world();
  for (const id of ["ann", "bob", "ann", "bot", "erased"]) counter.active(id);
  await counter.flush();
  counter.active("ann");
  await counter.flush();
  state.now += DAY_MS;
  counter.active("ann");
  await counter.flush();
  assert.deepEqual(active, [["2026-01-31", ["ann", "bob"]], ["2026-02-01", ["ann"]]]);
});

Deno.test("DayCounter begins a day at midnight in UTC, and follows a clock that is set back", async () => {
  const { counter, added, state } = world();
  const days: number[] = [NOON + DAY_MS / 2 - 1, NOON + DAY_MS / 2, NOON];
  for (const now of days) {
    state.now = now;
    counter.count("messages");
  }
  await counter.flush();
  assert.deepEqual(added, [["2026-01-31", { messages: 2 }], ["2026-02-01", { messages: 1 }]]);
});

Deno.test("DayCounter keeps figures and people that could not be written, and none twice", async () => {
  const { counter, added, active, warnings, state } = world();
  counter.count("messages", 2);
  counter.active("ann");
  state.fails = "markActive";
  await counter.flush();
  counter.count("messages");
  counter.active("bob");
  state.fails = "add";
  await counter.flush();
  assert.deepEqual([added, active, warnings.length], [[], [["2026-01-31", ["ann", "bob"]]], 2]);
  state.fails = "";
  await counter.flush();
  await counter.flush();
  assert.deepEqual(added, [["2026-01-31", { messages: 3 }]]);
  assert.deepEqual(active.flatMap(([, ids]) => ids), ["ann", "bob"]);
});

Deno.test("DayCounter writes many people in several calls, each of them once", async () => {
  const { counter, active } = world();
  const people = Array.from({ length: 1_201 }, (_, n) => `p${n}`);
  for (const id of people) counter.active(id);
  await counter.flush();
  assert.deepEqual(active.map(([, ids]) => ids.length), [500, 500, 201]);
  assert.deepEqual(active.flatMap(([, ids]) => ids), people);
});

Deno.test("DayCounter writes a day once though the next one fails, and adds what comes meanwhile", async () => {
  const { counter, added, state } = world();
  counter.count("messages");
  state.now += DAY_MS;
  counter.count("messages", 2);
  state.failsOn = "2026-02-01";
  const failing = counter.flush();
  await null; // The round has begun.
  counter.count("messages", 4);
  await failing;
  state.failsOn = "";
  await counter.flush();
  assert.deepEqual(added, [["2026-01-31", { messages: 1 }], ["2026-02-01", { messages: 6 }]]);
});

Deno.test("DayCounter keeps people who come while others cannot be written", async () => {
  const { counter, active, state } = world();
  counter.active("ann");
  state.fails = "markActive";
  const failing = counter.flush();
  await null; // The round has begun.
  counter.active("bob");
  await failing;
  state.fails = "";
  await counter.flush();
  assert.deepEqual(active, [["2026-01-31", ["ann", "bob"]]]);
});

Deno.test("DayCounter remembers a hundred thousand people, and begins again past them", async () => {
  const { counter, active } = world();
  for (let n = 0; n < 100_000; n++) counter.active(`${n}`);
  counter.active("0");
  await counter.flush();
  assert.equal(active.flatMap(([, ids]) => ids).length, 100_000);
  counter.active("one more");
  counter.active("0");
  await counter.flush();
  assert.deepEqual(active.at(-1), ["2026-01-31", ["one more", "0"]]);
});

Deno.test("DayCounter closes once what it writes is written", async () => {
  const { counter, added, state } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  state.gate = promise;
  counter.count("messages");
  void counter.flush();
  let isClosed = false;
  const closed = counter.close().then(() => isClosed = true);
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setTimeout(done));
  assert.equal(isClosed, false);
  resolve();
  await closed;
  assert.deepEqual(added, [["2026-01-31", { messages: 1 }]]);
});

Deno.test("DayCounter ends its timer when it closes", async () => {
  const { counter } = world();
  counter.start();
  // Leaves no timer: the test would report it.
  await counter.close();
});
