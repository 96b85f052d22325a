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

Deno.test("Turns lets no work that comes during a turn pass what waits", async () => {
  const turns = new Turns();
  turns.run(() => workOn());
  const order: string[] = [];
  const first = turns.run(() => {
    order.push("first");
    return turns.run(() => order.push("late"));
  });
  await Promise.all([first, turns.run(() => order.push("second"))]);
  assert.deepEqual(order, ["first", "second", "late"]);
});

Deno.test("Turns counts what follows on a task to its turn", async () => {
  const turns = new Turns();
  const clock = counted();
  turns.run(() => workOn());
  const ran: number[] = [];
  await Promise.all([1, 2, 3].map(async () => {
    await turns.run(() => {});
    ran.push(clock.turn());
    workOn();
  }));
  assert.equal(new Set(ran).size, 3);
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

/** Stops the clock of `performance` while `test` runs, which moves it. */
async function withClock(test: (pass: (ms: number) => void) => Promise<void>): Promise<void> {
  const now = performance.now;
  let at = Math.floor(now.call(performance));
  performance.now = () => at;
  try {
    await test((ms) => at += ms);
  } finally {
    performance.now = now;
  }
}

Deno.test("WorkBudget adds up the work of its slices, and no waiting", async () => {
  await withClock(async (pass) => {
    const budget = await WorkBudget.begin(60);
    pass(30);
    await budget.pause();
    pass(10);
    await budget.waitFor(Promise.resolve().then(() => pass(1_000)));
    pass(19);
    assert.equal(budget.isSpent, false, "59 ms of work");
    pass(1);
    assert.equal(budget.isSpent, true);
  });
});

Deno.test("WorkBudget leaves the turn once a slice is over, and not before", async () => {
  await withClock(async (pass) => {
    const pause = timeSlices(5);
    pass(4);
    assert.equal(pause(), undefined);
    pass(1);
    const leaving = pause();
    assert.ok(leaving instanceof Promise);
    await leaving;
    assert.equal(pause(), undefined, "the next slice has begun");
    let goesOn = false;
    const going = WorkBudget.here(5).pause().then(() => goesOn = true);
    for (let i = 0; i < 5; i++) await null;
    assert.equal(goesOn, true, "a slice that is not over goes on at once");
    await going;
  });
});
