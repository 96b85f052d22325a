import assert from "node:assert/strict";
import type { ClientSession, MongoClient } from "mongodb";
import { inTransaction } from "../../../src/store/mongo/transaction.ts";

/** What a replica set does seldom and a test cannot make it do: the session is a scripted one. */
class ScriptedSession {
  readonly calls: string[] = [];

  /** `commits` are the outcomes of the commits to come; those after them succeed. */
  constructor(private readonly commits: Error[] = []) {}

  startTransaction() {
    this.calls.push("start");
  }

  commitTransaction(): Promise<void> {
    this.calls.push("commit");
    const failure = this.commits.shift();
    return failure ? Promise.reject(failure) : Promise.resolve();
  }

  abortTransaction(): Promise<void> {
    this.calls.push("abort");
    return Promise.resolve();
  }

  endSession(): Promise<void> {
    this.calls.push("end");
    return Promise.resolve();
  }

  run<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    return inTransaction({ startSession: () => this } as unknown as MongoClient, work);
  }
}

function failure(label: string): Error {
  return Object.assign(new Error(label), { hasErrorLabel: (asked: string) => asked === label });
}

Deno.test("a commit whose answer was lost is sent again, and the work is not", async () => {
  const session = new ScriptedSession([
    failure("UnknownTransactionCommitResult"),
    failure("UnknownTransactionCommitResult"),
  ]);
  let worked = 0;
  assert.equal(await session.run(() => Promise.resolve(++worked)), 1);
  assert.deepEqual(session.calls, ["start", "commit", "commit", "commit", "end"]);
});

Deno.test("work is run again after a conflict, and after a commit that did not happen", async () => {
  const session = new ScriptedSession([failure("TransientTransactionError")]);
  let worked = 0;
  const work = () =>
    ++worked === 1 ? Promise.reject(failure("TransientTransactionError")) : Promise.resolve("done");
  assert.equal(await session.run(work), "done");
  assert.equal(worked, 3);
  const attempts = ["start", "abort", "start", "commit", "start", "commit"];
  assert.deepEqual(session.calls, [...attempts, "end"]);
});

Deno.test("any other failure ends it at once", async () => {
  const session = new ScriptedSession();
  await assert.rejects(session.run(() => Promise.reject(new Error("no"))), /^Error: no$/);
  assert.deepEqual(session.calls, ["start", "abort", "end"]);

  const uncommitted = new ScriptedSession([failure("SomethingElse")]);
  await assert.rejects(uncommitted.run(() => Promise.resolve()), /SomethingElse/);
  assert.deepEqual(uncommitted.calls, ["start", "commit", "end"]);
});
