import assert from "node:assert/strict";
import { Turns } from "../../src/core/turns.ts";

/** Resolves once the loop has begun its next turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Keeps the thread busy. */
function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

Deno.test("Turns lets short tasks run after a long one in the same turn, and only one long one", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const long = (name: string) =>
    turns.runAlone(() => {
      work(8);
      done.push(name);
    });
  const reads = async () => {
    for (let i = 0; i < 3; i++) await turns.run(() => done.push(`read ${i}`));
  };
  turns.run(() => work(8));
  const first = long("write");
  const reading = reads();
  const second = long("another write");
  await turn();
  assert.deepEqual(done, ["write", "read 0", "read 1", "read 2"]);
  await Promise.all([first, reading, second]);
  assert.equal(done.at(-1), "another write");
});

Deno.test("Turns runs one long task in each turn, however many short ones wait", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const all: unknown[] = [turns.runAlone(() => done.push("write"))];
  for (let i = 0; i < 10; i++) {
    all.push(turns.run(() => {
      work(4);
      done.push("read");
    }));
  }
  for (let i = 0; i < 2; i++) all.push(turns.runAlone(() => done.push("write")));
  await turn();
  await turn();
  await turn();
  assert.equal(done.filter((each) => each === "write").length, 3);
  assert.ok(done.filter((each) => each === "read").length < 10);
  await Promise.all(all);
});
