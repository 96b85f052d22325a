import assert from "node:assert/strict";
import { CommandGate } from "../../src/transport/command_gate.ts";
import type { Reply } from "../../src/transport/command_table.ts";

const DONE: Reply = { ok: true, data: null };

/** A gate before commands that are answered when the test says so. */
function setUp() {
  const waiting: (() => void)[] = [];
  const codes: string[] = [];
  const gate = new CommandGate(
    { run: () => new Promise<Reply>((resolve) => waiting.push(() => resolve(DONE))) } as never,
    {} as never,
    () => {},
  );
  const run = () => gate.run("ping", {}, (reply) => codes.push(reply.ok ? "ok" : reply.error.code));
  return { run, waiting, codes };
}

Deno.test("of one socket only so many commands are under way, and the next waits for none", async () => {
  const { run, waiting, codes } = setUp();
  const running = Array.from({ length: 1_000 }, run);
  await run();
  assert.deepEqual([waiting.length, codes], [1_000, ["rate_limited"]]);
  for (const answer of waiting) answer();
  await Promise.all(running);
  assert.equal(codes.filter((code) => code === "ok").length, 1_000);
  const again = run();
  waiting.at(-1)!();
  await again;
  assert.equal(codes.at(-1), "ok", "there is room again");
});
