import assert from "node:assert/strict";
import { endLate } from "../../src/end_late.ts";

Deno.test("a thread that missed the signal exits after its drain and the time of the others", async () => {
  const steps: string[] = [];
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
  const drained = Promise.withResolvers<void>(), lingered = Promise.withResolvers<void>();
  const step = (name: string, until: Promise<void>) => () => (steps.push(name), until);
  const ended = endLate({
    stop: step("stop", drained.promise),
    linger: step("linger", lingered.promise),
    exit: () => void steps.push("exit"),
  });
  await turn();
  assert.deepEqual(steps, ["stop"]);
  drained.resolve();
  await turn();
  assert.deepEqual(steps, ["stop", "linger"]);
  lingered.resolve();
  await ended;
  assert.deepEqual(steps, ["stop", "linger", "exit"]);
});
