import assert from "node:assert/strict";
import type { LocalMessage } from "../../src/client/mod.ts";
import {
  around,
  boundsOf,
  earlier,
  later,
  MAX_ROWS,
  tailOf,
} from "../../src/web/page/chat/message_window.ts";

function messages(count: number, first = 1): LocalMessage[] {
  return Array.from({ length: count }, (_, at) => {
    return { id: `m${first + at}`, seq: first + at } as LocalMessage;
  });
}

const ON_ITS_WAY = { id: "new", seq: 0 } as LocalMessage;

Deno.test("the window begins at the end, and includes messages that are being sent", () => {
  const all = [...messages(1_000), ON_ITS_WAY];
  const { start, end } = boundsOf(all, tailOf(all));
  assert.equal(end, 1_001);
  assert(end - start <= MAX_ROWS && end - start >= 50);
  assert.deepEqual(boundsOf([], tailOf([])), { start: 0, end: 0 });
  assert.deepEqual(boundsOf([ON_ITS_WAY], tailOf([ON_ITS_WAY])), { start: 0, end: 1 });
});

Deno.test("the window moves through 10,000 messages in both directions with few rows at a time", () => {
  const all = messages(10_000);
  let window = tailOf(all);
  for (let steps = 0; boundsOf(all, window).start > 0; steps++) {
    assert(steps < 1_000);
    const before = boundsOf(all, window);
    window = earlier(all, window);
    const { start, end } = boundsOf(all, window);
    assert(start < before.start && end - start <= MAX_ROWS);
    assert(end > before.start, "what was in view stays");
  }
  for (let steps = 0; boundsOf(all, window).end < all.length; steps++) {
    assert(steps < 1_000);
    const before = boundsOf(all, window);
    window = later(all, window);
    const { start, end } = boundsOf(all, window);
    assert(end > before.end && end - start <= MAX_ROWS);
    assert(start < before.end, "what was in view stays");
  }
  assert.equal(window.to, Infinity, "and follows what comes");
});

Deno.test("the window keeps its position when older messages are inserted before it", () => {
  const known = messages(100, 101);
  const window = around(known, "m150");
  const before = boundsOf(known, window);
  const all = messages(200);
  const after = boundsOf(all, window);
  assert.equal(all[after.start].id, known[before.start].id);
  assert.equal(all[after.end - 1].id, known[before.end - 1].id);
});
