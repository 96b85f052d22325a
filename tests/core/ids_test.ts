import assert from "node:assert/strict";
import { isId, newId } from "../../src/core/ids.ts";

/** Later than any time that this process has read. */
const T = Date.now() + 3_600_000;

function millisecondsOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

Deno.test("an id begins with its time", () => {
  const id = newId(T);
  assert.ok(isId(id), id);
  assert.equal(millisecondsOf(id), T);
});

Deno.test("ids sort in the order of creation, even when a millisecond's counter overflows", () => {
  const ids = Array.from({ length: 10_000 }, () => newId(T + 1));
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every(isId));
});

Deno.test("a clock that is set back does not set ids back", () => {
  const before = newId(T + 1_000);
  const after = newId(T);
  assert.ok(after > before, `${after} after ${before}`);
  assert.equal(millisecondsOf(newId(T + 1_001)), T + 1_001, "once it has caught up");
});

Deno.test("ids of one moment have different endings", () => {
  const ends = Array.from({ length: 2_000 }, () => newId(T + 2_000).slice(19));
  assert.equal(new Set(ends).size, ends.length);
});

Deno.test("only the written form of an id is accepted as an id", () => {
  assert.ok(isId("0198c0de-1234-7abc-8def-0123456789ab"));
  const others = [
    "0198C0DE-1234-7ABC-8DEF-0123456789AB",
    "0198c0de12347abc8def0123456789ab",
    "0198c0de-1234-7abc-8def-0123456789ab\n",
    " 0198c0de-1234-7abc-8def-0123456789ab",
    "0198c0de-1234-4abc-8def-0123456789ab",
    "0198c0de-1234-7abc-cdef-0123456789ab",
    "",
    7,
    null,
    ["0198c0de-1234-7abc-8def-0123456789ab"],
  ];
  assert.deepEqual(others.filter(isId), []);
});
