import assert from "node:assert/strict";
import { PushQueue } from "../../../src/notifications/push/queue.ts";
import { anOutboxEntry } from "../../contract/store/rows.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A queue whose rounds and rests end when the test says so. */
function heldQueue({ gatherMs = 0, atOnce = 10 } = {}) {
  const began: string[] = [];
  const [rounds, rests] = [new Map<string, () => void>(), [] as (() => void)[]];
  const queue = new PushQueue({
    atOnce,
    gatherMs,
    restMs: 3_600_000,
    run: ([{ chatId }]) => {
      began.push(chatId!);
      return new Promise((resolve) => rounds.set(chatId!, resolve));
    },
    rest: () => new Promise((resolve) => rests.push(resolve)),
  });
  const add = (chatId: string) => queue.add(chatId, anOutboxEntry({ chatId }));
  const end = (chatId: string) => {
    rounds.get(chatId)!();
    return settled();
  };
  return { began, rests, add, end };
}

Deno.test("PushQueue lets keys rest together whose rounds end one after another", async () => {
  const { began, rests, add, end } = heldQueue();
  for (const key of ["a", "b", "c"]) add(key);
  for (const key of ["a", "b"]) {
    await end(key);
    add(key);
  }
  add("c");
  assert.deepEqual([began, rests.length], [["a", "b", "c"], 1]);
  rests[0]();
  await settled();
  assert.deepEqual(began, ["a", "b", "c", "a", "b"], "the round of c has not ended");
});

Deno.test("PushQueue begins a lone key at once, and those that follow together", async () => {
  const { began, rests, add, end } = heldQueue({ gatherMs: 3_600_000 });
  add("a");
  assert.deepEqual(began, ["a"]);
  for (const key of ["b", "c"]) add(key);
  await settled();
  assert.deepEqual([began, rests.length], [["a"], 1]);
  await end("a");
  assert.deepEqual(began, ["a"], "the end of a round begins none before its time");
  rests[0]();
  await settled();
  assert.deepEqual(began, ["a", "b", "c"]);
});

Deno.test("PushQueue lets no key gather that waits for the end of others", async () => {
  const { began, rests, add, end } = heldQueue({ gatherMs: 3_600_000, atOnce: 1 });
  for (const key of ["a", "b", "c"]) add(key);
  rests[0]();
  await settled();
  assert.deepEqual(began, ["a"]);
  for (const key of ["a", "b"]) await end(key);
  assert.deepEqual(began, ["a", "b", "c"]);
});
