import assert from "node:assert/strict";
import { ChildServer } from "./child_server.ts";
import { sharedDenokv } from "./denokv_server.ts";
import { eventually } from "./eventually.ts";
import { sharedMongodb } from "./mongodb_server.ts";
import { ServerProcess, startArguments } from "./server_process.ts";

const TINY = "tests/support/fixtures/tiny_server.ts";
const mongodb = sharedMongodb();
const denokv = sharedDenokv();

Deno.test("ServerProcess starts, responds, logs and drains", async () => {
  await using server = await ServerProcess.start({ script: TINY });
  assert.equal(await (await fetch(`${server.url}/healthz`)).text(), "ok");
  assert.deepEqual(await server.kill("SIGTERM"), { code: 0, signal: null });
  assert.match(server.log, /secret undefined\ndrained/);
  assert.ok(server.log.includes(`data in ${server.dataDir}`));
});

Deno.test("ServerProcess distinguishes kill -9 from an exit, and allows a second stop", async () => {
  await using server = await ServerProcess.start({ script: TINY });
  assert.deepEqual(await server.kill("SIGKILL"), { code: null, signal: "SIGKILL" });
  assert.deepEqual(await server.kill(), { code: null, signal: "SIGKILL" });
});

Deno.test("ServerProcess has the permissions of the start task and of its data folder", () => {
  const flags = startArguments("/some/where");
  assert.ok(flags.includes("--allow-write=/some/where"), flags.join(" "));
  assert.ok(!flags.includes("-A") && !flags.includes("--allow-run"), flags.join(" "));
  assert.equal(flags.at(-1), "src/main.ts");
});

Deno.test("ChildServer fails with the server's output when the server ends at once", async () => {
  const args = ["eval", "console.error('no such flag'); Deno.exit(3)"];
  const spec = { program: Deno.execPath(), args, ready: () => Promise.resolve(false) };
  await assert.rejects(ChildServer.start(spec), /it ended with code 3\nno such flag/);
});

Deno.test("ChildServer stops a server that does not respond before the deadline", async () => {
  const args = ["eval", "setInterval(() => {}, 1000)"];
  const ready = () => Promise.resolve(false);
  const spec = { program: Deno.execPath(), args, ready, readyWithin: 100 };
  await assert.rejects(ChildServer.start(spec), /Waited 100 ms in vain until it answers/);
});

Deno.test("ChildServer fails when the program is missing", async () => {
  const spec = { program: "/no/such/program", args: [], ready: () => Promise.resolve(false) };
  await assert.rejects(ChildServer.start(spec), /ENOENT|no such file/i);
});

Deno.test("eventually retries after an exception, and names its condition on a timeout", async () => {
  let looks = 0;
  const look = () => {
    if (++looks < 3) throw new Error("not yet");
    return looks;
  };
  assert.equal(await eventually("it is three", look, { every: 1 }), 3);
  await assert.rejects(
    eventually("pigs fly", () => false, { within: 5, every: 1 }),
    /Waited 5 ms in vain until pigs fly/,
  );
});

Deno.test({
  name: "MongodbServer has transactions, and a separate database for each test",
  ignore: mongodb.missing,
  async fn() {
    const { MongoClient } = await import("mongodb");
    const client = await new MongoClient(mongodb.uri()).connect();
    try {
      const rows = client.db().collection("rows");
      await client.withSession((session) =>
        session.withTransaction(() => rows.insertOne({ a: 1 }, { session }))
      );
      assert.equal(await rows.countDocuments(), 1);
    } finally {
      await client.close();
    }
    const other = await new MongoClient(mongodb.uri()).connect();
    assert.equal(await other.db().collection("rows").countDocuments(), 0);
    await other.close();
  },
});

Deno.test({
  name: "DenokvServer keeps what Deno.openKv writes",
  ignore: denokv.missing,
  async fn() {
    using kv = await Deno.openKv(denokv.server.url);
    await kv.set(["a"], 1);
    assert.equal((await kv.get(["a"])).value, 1);
  },
});
