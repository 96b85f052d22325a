import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mendWrites } from "../../../src/store/mongo/closed_writes.ts";
import { connect } from "../../../src/store/mongo/connection.ts";
import { isUnreachable } from "../../../src/store/mongo/errors.ts";
import { MongodbServer } from "../../support/mongodb_server.ts";
import { skipWithout } from "../../support/skip.ts";
import { within } from "../../support/within.ts";

/** The driver's connection, as far as a write needs it; the socket drains when a test says so. */
class FakeConnection extends EventEmitter {
  error: Error | null = null;
  readonly drained = Promise.withResolvers<void>();
  written: unknown[] = [];

  async writeCommand(...args: unknown[]): Promise<void> {
    this.written = args;
    await this.drained.promise;
  }
}

mendWrites(FakeConnection.prototype);
mendWrites(FakeConnection.prototype);

Deno.test("a write fails with its connection's error when it is closed meanwhile", async () => {
  const connection = new FakeConnection();
  const writing = connection.writeCommand("insert");
  assert.equal(connection.listenerCount("close"), 1);
  connection.error = new Error("closed by the peer");
  connection.emit("close");
  await assert.rejects(within("the write fails", writing, 20_000), /closed by the peer/);
  assert.deepEqual([connection.written, connection.listenerCount("close")], [["insert"], 0]);
});

Deno.test("a write ends as the driver's does, and leaves no listener", async () => {
  const [drained, broken] = [new FakeConnection(), new FakeConnection()];
  drained.drained.resolve();
  await drained.writeCommand();
  broken.drained.reject(new Error("cannot write"));
  await assert.rejects(broken.writeCommand(), /cannot write/);
  for (const each of [drained, broken]) assert.equal(each.listenerCount("close"), 0);
});

Deno.test({
  name: "a call fails whose server stops reading in the middle of a command",
  ignore: skipWithout("mongodb"),
  fn: async () => {
    await using mongodb = await MongodbServer.start();
    const limits = ["socketTimeoutMS", "connectTimeoutMS", "serverSelectionTimeoutMS"];
    const uri = `${mongodb.uri()}&${limits.map((name) => `${name}=1000`).join("&")}`;
    const mongo = await connect(uri);
    try {
      const rows = mongo.collection<{ _id: number; blob: string }>({ name: "rows" } as never);
      await rows.insertOne({ _id: 0, blob: "" });
      Deno.kill(mongodb.pid, "SIGSTOP");
      // More than the buffers of both sockets take.
      const blob = "x".repeat(10_000_000);
      const inserting = rows.insertMany([1, 2, 3, 4].map((_id) => ({ _id, blob })));
      await assert.rejects(within("the call fails", inserting, 60_000), isUnreachable);
    } finally {
      Deno.kill(mongodb.pid, "SIGCONT");
      await mongo.close();
    }
  },
});
