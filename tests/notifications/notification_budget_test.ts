import assert from "node:assert/strict";
import { NotificationBudget } from "../../src/notifications/notification_budget.ts";

Deno.test("NotificationBudget allows five notifications an hour, counted by key", () => {
  const clock = { at: 1_000_000, now: () => clock.at };
  const budget = new NotificationBudget(clock);
  const taken = (key: string) => Array.from({ length: 9 }, () => budget.take(key)).filter(Boolean);
  assert.equal(taken("a").length, 5);
  assert.equal(taken("b").length, 5);
  clock.at += 3_599_999;
  assert.equal(taken("a").length, 0);
  clock.at += 1;
  assert.equal(taken("a").length, 5);
  clock.at -= 1_000_000;
  assert.equal(taken("a").length, 5, "a clock that was set back silences no one");
});

Deno.test("NotificationBudget keeps a bounded number of counts, the newest", () => {
  const budget = new NotificationBudget({ now: () => 0 });
  const use = (key: string) => Array.from({ length: 5 }, () => budget.take(key));
  use("first");
  use("second");
  for (let i = 0; i < 19_999; i++) budget.take(`other ${i}`);
  assert.equal(budget.take("second"), false);
  assert.equal(budget.take("first"), true, "the oldest was dropped");
});
