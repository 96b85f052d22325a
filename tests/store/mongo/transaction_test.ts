import assert from "node:assert/strict";
import type { ClientSession, MongoClient } from "mongodb";
import { inTransaction } from "../../../src/store/mongo/transaction.ts";
import { within } from "../../support/within.ts";

/** Rare behavior of a replica set that a test cannot cause: the session is scripted. */
class ScriptedSession {
  readonly calls: string[] = [];

  /** `commits` are the outcomes of the coming commits; later ones succeed. */
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

Deno.test("inTransaction sends a commit with a lost response again, without repeating the work", async () => {
  const session = new ScriptedSession([
    failure("UnknownTransactionCommitResult"),
    failure("UnknownTransactionCommitResult"),
  ]);
  let worked = 0;
  assert.equal(await session.run(() => Promise.resolve(++worked)), 1);
  assert.deepEqual(session.calls, ["start", "commit", "commit", "commit", "end"]);
});

Deno.test("inTransaction repeats the work after a conflict, and after a commit that did not happen", async () => {
  const session = new ScriptedSession([failure("TransientTransactionError")]);
  let worked = 0;
  const work = () =>
    ++worked === 1 ? Promise.reject(failure("TransientTransactionError")) : Promise.resolve("done");
  assert.equal(await session.run(work), "done");
  assert.equal(worked, 3);
  const attempts = ["start", "abort", "start", "commit", "start", "commit"];
  assert.deepEqual(session.calls, [...attempts, "end"]);
});

Deno.test("inTransaction rethrows any other failure at once", async () => {
  const session = new ScriptedSession();
  await assert.rejects(session.run(() => Promise.reject(new Error("no"))), /^Error: no$/);
  assert.deepEqual(session.calls, ["start", "abort", "end"]);

  const uncommitted = new ScriptedSession([failure("SomethingElse")]);
  await assert.rejects(uncommitted.run(() => Promise.resolve()), /SomethingElse/);
  assert.deepEqual(uncommitted.calls, ["start", "commit", "end"]);
});

Deno.test("inTransaction waits for no abort and no end of a session past its limit", async () => {
  const session = new ScriptedSession();
  const never = () => new Promise<void>(() => {});
  session.abortTransaction = session.endSession = never;
  const client = { startSession: () => session } as unknown as MongoClient;
  const work = () => Promise.reject(failure("TransientTransactionError"));
  const refused = assert.rejects(inTransaction(client, work, 5), /TransientTransactionError/);
  await within("it is refused", refused, 20_000);
});
