import assert from "node:assert/strict";
import { Serial } from "../../src/core/serial.ts";

Deno.test("Serial runs the actions of one key in turn, also after a failure, and those of others meanwhile", async () => {
  const serial = new Serial();
  const first = Promise.withResolvers<void>();
  const done: string[] = [];
  const act = (name: string, wait?: Promise<void>) => async () => {
    done.push(`${name} begins`);
    await wait;
    done.push(`${name} ends`);
    return name;
  };
  const failing = serial.run("a", async () => {
    await act("one", first.promise)();
    throw new Error("one failed");
  });
  const second = serial.run("a", act("two"));
  assert.equal(await serial.run("b", act("other")), "other");
  assert.deepEqual(done, ["one begins", "other begins", "other ends"]);
  let isIdle = false;
  const idle = serial.idle().then(() => isIdle = true);
  first.resolve();
  await assert.rejects(failing, { message: "one failed" });
  assert.equal(isIdle, false);
  assert.equal(await second, "two");
  await idle;
  assert.deepEqual(done.slice(3), ["one ends", "two begins", "two ends"]);
  await serial.idle();
});
