import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { CommandGate } from "../../src/transport/command_gate.ts";
import { within } from "../support/within.ts";
import type { Reply } from "../../src/transport/command_table.ts";

const DONE: Reply = { ok: true, data: null };

/** A gate in front of commands that are answered when the test decides. */
function setUp() {
  const waiting: (() => void)[] = [];
  const codes: string[] = [];
  const gate = new CommandGate(
    { run: () => new Promise<Reply>((resolve) => waiting.push(() => resolve(DONE))) } as never,
    {} as never,
    () => {},
  );
  const run = () => gate.run("ping", {}, (reply) => codes.push(reply.ok ? "ok" : reply.error.code));
  return { gate, run, waiting, codes };
}

Deno.test("CommandGate limits the commands of one socket in flight, and refuses the next immediately", async () => {
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

Deno.test("CommandGate says when to try again what exceeds the commands in flight", async () => {
  const { gate, run, waiting } = setUp();
  const running = Array.from({ length: 1_000 }, run);
  const replies: Reply[] = [];
  await gate.run("ping", {}, (reply) => replies.push(reply));
  const [reply] = replies;
  assert.equal(!reply.ok && reply.error.retryAfter, 1);
  for (const answer of waiting) answer();
  await Promise.all(running);
});

Deno.test("CommandGate is idle without commands, and says when the last one is answered", async () => {
  const { gate, run, waiting, codes } = setUp();
  assert.equal(gate.idle(), null);
  const running = [run(), run()];
  const idle = gate.idle()!.then(() => codes.push("idle"));
  waiting[0]();
  await running[0];
  assert.deepEqual(codes, ["ok"]);
  waiting[1]();
  await within("it is idle", idle, 20_000);
  assert.deepEqual(codes, ["ok", "ok", "idle"], "both are answered by then");
  assert.equal(gate.idle(), null);
});

/** A gate with a fake clock, whose commands are all refused except while `passes`. */
function refusingGate() {
  const state = { passes: false, now: 0, givenUp: 0 };
  const error = { code: "rate_limited" };
  const run = () => Promise.resolve(state.passes ? DONE : { ok: false, error });
  const gate = new CommandGate(
    { run } as never,
    {} as never,
    () => state.givenUp++,
    () => state.now,
  );
  const refuse = async (times: number) => {
    for (let i = 0; i < times; i++) await gate.run("ping", {}, () => {});
  };
  return { state, refuse };
}

Deno.test("CommandGate gives a socket up after a thousand refusals in a row", async () => {
  const { state, refuse } = refusingGate();
  await refuse(999);
  assert.equal(state.givenUp, 0);
  await refuse(1);
  assert.equal(state.givenUp, 1);
});

Deno.test("CommandGate forgets refusals after a success, and after a minute without one", async () => {
  const { state, refuse } = refusingGate();
  await refuse(999);
  state.passes = true;
  await refuse(1);
  state.passes = false;
  await refuse(999);
  assert.equal(state.givenUp, 0, "after a success");
  state.now += 60_001;
  await refuse(999);
  assert.equal(state.givenUp, 0, "after a minute");
  state.now += 60_000;
  await refuse(1);
  assert.equal(state.givenUp, 1, "within the minute");
});

Deno.test("CommandGate counts commands above those in flight as refusals", async () => {
  const state = { givenUp: 0 };
  const run = () => new Promise<Reply>(() => {});
  const gate = new CommandGate({ run } as never, {} as never, () => state.givenUp++);
  const codes: string[] = [];
  const send = () =>
    gate.run("ping", {}, (reply) => codes.push(reply.ok ? "ok" : reply.error.code));
  for (let i = 0; i < 1_000; i++) send();
  for (let i = 0; i < 999; i++) await send();
  assert.equal(state.givenUp, 0);
  await send();
  assert.deepEqual([state.givenUp, codes.length], [1, 1_000]);
});

Deno.test("CommandGate counts no refusal for another reason", async () => {
  const state = { givenUp: 0 };
  const error = { code: "forbidden" };
  const run = () => Promise.resolve({ ok: false, error });
  const gate = new CommandGate({ run } as never, {} as never, () => state.givenUp++);
  let answers = 0;
  for (let i = 0; i < 1_001; i++) {
    await gate.run("ping", {}, () => answers++);
    gate.refuse(new AppError("invalid_request", "It is not readable"), () => answers++);
  }
  assert.deepEqual([state.givenUp, answers], [0, 2_002]);
});
