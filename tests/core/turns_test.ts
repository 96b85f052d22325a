import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Turns } from "../../src/core/turns.ts";
import { timeSlices, WorkBudget } from "../../src/core/work_budget.ts";

/** Holds the event loop for longer than a turn. */
function workOn(ms = 12): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Names the turn of the event loop in which each piece of work ran. */
function counted() {
  let turn = 0, isOver = false;
  const counting = (async () => {
    while (!isOver) {
      await nextTurn();
      turn++;
    }
  })();
  return {
    turn: () => turn,
    end: async () => {
      isOver = true;
      await counting;
    },
  };
}

Deno.test("Turns runs short work at once, and in later turns once a turn is over", async () => {
  const turns = new Turns();
  const clock = counted();
  assert.equal(turns.run(() => (workOn(), "now")), "now");
  const ran: number[] = [];
  const later = [1, 2, 3].map(() => turns.run(() => (ran.push(clock.turn()), workOn())));
  assert.deepEqual(ran, [], "this turn is over");
  await Promise.all(later);
  assert.equal(new Set(ran).size, 3, "each takes a whole turn");
  await clock.end();
});

Deno.test("Turns runs work that waits in order of asking, several short pieces in a turn", async () => {
  const turns = new Turns();
  const clock = counted();
  turns.run(() => workOn());
  const ran: number[] = [];
  const order: number[] = [];
  await Promise.all(Array.from({ length: 50 }, (_, n) =>
    turns.run(() => {
      order.push(n);
      ran.push(clock.turn());
    })));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  assert.ok(new Set(ran).size < 50, `${new Set(ran).size} turns`);
  await clock.end();
});

Deno.test("Turns gives long work a separate turn, and passes its failure on", async () => {
  const turns = new Turns();
  const clock = counted();
  const ran: number[] = [];
  const works = [1, 2, 3].map(() => turns.runAlone(() => ran.push(clock.turn())));
  await Promise.all(works);
  assert.equal(new Set(ran).size, 3);
  const failing = turns.runAlone(() => {
    throw new Error("broken");
  });
  await assert.rejects(failing, /broken/);
  await turns.next();
  await clock.end();
});

Deno.test("WorkBudget adds up the work of its slices, and no waiting", async () => {
  const budget = await WorkBudget.begin(60);
  for (let i = 0; i < 6; i++) {
    workOn(12);
    await budget.pause();
  }
  assert.equal(budget.isSpent, true);
  const waiting = await WorkBudget.begin(60_000);
  workOn(12);
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = waiting.waitFor(promise);
  // The wait is as long as this work of others, which ends within the budget's time.
  workOn(12);
  resolve();
  await done;
  assert.equal(waiting.isSpent, false);
  assert.equal((await WorkBudget.begin(0)).isSpent, true);
});

Deno.test("WorkBudget leaves the turn once a slice is over, and not before", async () => {
  const clock = counted();
  const pause = timeSlices(10_000);
  const begin = clock.turn();
  for (let i = 0; i < 100; i++) await pause();
  assert.equal(clock.turn(), begin);
  const short = timeSlices(1);
  workOn(3);
  await short();
  assert.ok(clock.turn() > begin);
  await clock.end();
});
