import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { connect } from "../../../src/store/mongo/connection.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { TransactionOwners } from "../../../src/store/mongo/transaction_owners.ts";
import { aChange, storedChat } from "../../contract/store/rows.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const mongodb = sharedMongodb();
const CONNECTION_MODULE = import.meta.resolve("../../../src/store/mongo/connection.ts");

interface Owner {
  _id: string;
  sessions?: unknown[];
  aliveAt: Date;
}

async function openOwners(uri: string) {
  const client = await new MongoClient(uri).connect();
  const owners = client.db().collection<Owner>("transactionOwners");
  return { client, owners, [Symbol.asyncDispose]: () => client.close() };
}

Deno.test({
  name: "rows that a killed process was writing to are unlocked long before MongoDB would do it",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    await using raw = await openOwners(uri);
    const store = await openMongoStore({ uri });
    const { chat } = await storedChat(store, {});
    const rename = () => store.chats.commit(aChange(1, { ...chat, rev: 2, name: "free" }));
    const [survivor] = await raw.owners.find().toArray();
    await killInMidTransaction(uri, chat.id);
    assert.equal(await rename(), "stale", "the dead process's transaction does not hold the chat");
    // As if it had been silent for long, so that the test need not wait for that.
    const dead = { _id: { $ne: survivor._id } };
    assert.equal(
      (await raw.owners.updateOne(dead, { $set: { aliveAt: new Date(0) } })).matchedCount,
      1,
    );
    await eventually("the chat is free", async () => await rename() === "committed");
    assert.deepEqual((await raw.owners.find().toArray()).map(({ _id }) => _id), [survivor._id]);
    await store.close();
    assert.equal(await raw.owners.countDocuments(), 0, "who leaves in order takes its row along");
  },
});

Deno.test({
  name: "a transaction of a live process is left alone, however long it takes",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    await using raw = await openOwners(uri);
    const [slow, other] = [await connect(uri), await connect(uri)];
    await other.transact(() => Promise.resolve());
    const [{ _id, aliveAt }] = await raw.owners.find().toArray();
    await slow.transact(async (session) => {
      const rows = slow.db.collection<{ _id: string }>("rows");
      await rows.insertOne({ _id: "slow" }, { session });
      await eventually("the other has looked twice", async () => {
        const row = await raw.owners.findOne({ _id });
        return row!.aliveAt.getTime() > aliveAt.getTime() + 3_000;
      });
    });
    assert.equal(await slow.db.collection("rows").countDocuments(), 1);
    await slow.close();
    await other.close();
  },
});

Deno.test({
  name: "a process that was considered dead announces its sessions again",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    await using raw = await openOwners(uri);
    const mongo = await connect(uri);
    await mongo.transact(() => Promise.resolve());
    await raw.owners.deleteMany({});
    await eventually("it is there again", async () => {
      await mongo.transact(() => Promise.resolve());
      return await raw.owners.countDocuments() === 1;
    });
    await mongo.close();
  },
});

Deno.test({
  name: "after an outage no process is considered dead before all have had time to write again",
  ignore: mongodb.missing,
  fn: async () => {
    await using raw = await openOwners(mongodb.uri());
    let [clock, looks] = [0, 0];
    const now = () => {
      looks++;
      return clock;
    };
    const until = async (moment: number) => {
      clock = moment;
      const enough = looks + 3;
      await eventually("it has looked twice since", () => looks >= enough);
    };
    const owners = new TransactionOwners(raw.client.db(), { renewMs: 20, now });
    const [own, other] = [raw.client.startSession(), raw.client.startSession()];
    await owners.announce(own);
    await until(60_000);
    await raw.owners.insertOne({ _id: "other", sessions: [other.id!.id], aliveAt: new Date(0) });
    await until(63_000);
    await until(66_000);
    assert.equal(await raw.owners.countDocuments({ _id: "other" }), 1);
    await until(69_000);
    await eventually("it is taken for dead", async () => {
      return await raw.owners.countDocuments({ _id: "other" }) === 0;
    });
    await owners.close();
    for (const session of [own, other]) await session.endSession();
  },
});

/** Another process writes to the chat in a transaction, and dies before it has committed. */
async function killInMidTransaction(uri: string, chatId: string): Promise<void> {
  await using folder = await TempDir.make("owners");
  const module = folder.join("holder.ts");
  await Deno.writeTextFile(
    module,
    `import { connect } from ${JSON.stringify(CONNECTION_MODULE)};
    const mongo = await connect(${JSON.stringify(uri)});
    await mongo.transact(async (session) => {
      const change = { $set: { name: "never" } };
      await mongo.db.collection("chats").updateOne({ _id: "${chatId}" }, change, { session });
      console.log("held");
      await new Promise(() => setInterval(() => {}, 1_000));
    });`,
  );
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = ["run", "--no-check", "--allow-all", "--config", config, module];
  const holder = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const output = holder.stdout.getReader();
  await output.read();
  holder.kill("SIGKILL");
  await output.cancel();
  await holder.status;
}
