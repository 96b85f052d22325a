import assert from "node:assert/strict";
import { View } from "../../src/client/view.ts";

Deno.test("View returns the same snapshot until it has changed, and notifies of changes only", async () => {
  let [count, computed, told] = [1, 0, 0];
  const view = new View(() => {
    computed++;
    return { count, list: LIST };
  });
  const first = view.getSnapshot();
  assert.equal(view.getSnapshot(), first);
  assert.equal(computed, 1);
  const stop = view.subscribe(() => told++);
  view.invalidate();
  await Promise.resolve();
  assert.equal(view.getSnapshot(), first, "an equal one is dropped for the one that was there");
  assert.equal(told, 0);
  count = 2;
  view.invalidate();
  view.invalidate();
  const second = view.getSnapshot();
  assert.notEqual(second, first);
  assert.equal(second.count, 2);
  await Promise.resolve();
  assert.equal(told, 1, "many changes of one turn are told of once");
  stop();
  count = 3;
  view.invalidate();
  await Promise.resolve();
  assert.equal(told, 1);
  assert.equal(view.getSnapshot().count, 3);
});

Deno.test("View keeps two listeners of one function apart, and notifies on the first", async () => {
  let [value, firsts, told] = [1, 0, 0];
  const view = new View(() => value, () => firsts++);
  const listener = () => told++;
  const stops = [view.subscribe(listener), view.subscribe(listener)];
  assert.equal(firsts, 1);
  stops[0]();
  assert.ok(view.isWatched);
  value = 2;
  view.invalidate();
  await Promise.resolve();
  assert.equal(told, 1);
  stops[1]();
  assert.equal(view.isWatched, false);
  view.subscribe(listener)();
  assert.equal(firsts, 2);
});

Deno.test("View compares maps and class instances by identity", () => {
  let map = new Map([[1, 1]]);
  const view = new View(() => map);
  assert.equal(view.getSnapshot(), map);
  map = new Map([[2, 2]]);
  view.invalidate();
  assert.equal(view.getSnapshot(), map);
});

const LIST: readonly string[] = [];
