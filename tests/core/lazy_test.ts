import assert from "node:assert/strict";
import { lazy } from "../../src/core/lazy.ts";

Deno.test("lazy calls its function only once, whatever it returns", () => {
  let calls = 0;
  const nothing = lazy(() => {
    calls++;
    return undefined;
  });
  assert.equal(calls, 0);
  nothing();
  assert.equal(nothing(), undefined);
  assert.equal(calls, 1);
});

Deno.test("lazy tries again after its function threw", () => {
  const answers = [() => assert.fail("not now"), () => 7];
  const seven = lazy(() => answers.shift()!());
  assert.throws(seven, /not now/);
  assert.equal(seven(), 7);
  assert.equal(seven(), 7);
});
