import assert from "node:assert/strict";
import { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { skipWithout } from "../support/skip.ts";
import { WsClient } from "../support/ws_client.ts";

const ignore = skipWithout("mongodb", "denokv");

Deno.test(
  { name: "a KV that hangs costs nothing, and only delays what crosses instances", ignore },
  async () => {
    await using cluster = await Cluster.start();
    const [ann, bob, cy] = [
      await cluster.register("ann"),
      await cluster.register("bob"),
      await cluster.register("cy"),
    ];
    const chatId = await cluster.group(ann, [bob, cy]);
    const [here, there] = cluster.instances;
    await using annHere = (await WsClient.connect(here.webSocketUrl, ann.token)).client;
    await using bobHere = (await WsClient.connect(here.webSocketUrl, bob.token)).client;
    await using cyThere = (await WsClient.connect(there.webSocketUrl, cy.token)).client;
    const send = async (text: string) => {
      const reply = await annHere.command("message.send", { chatId, text, clientId: text });
      assert.ok(reply.ok, JSON.stringify(reply));
    };
    const received = (client: WsClient, text: string) =>
      eventually(`${text} came`, () => client.events.some(({ data }) => textOf(data) === text));
    await send("before");
    await received(cyThere, "before");

    cluster.denokv!.pause();
    await send("during");
    await received(bobHere, "during");
    const readyz = () => new HttpClient(here.url).get("/readyz");
    await eventually("it says so", async () => (await readyz()).body.status === "degraded");
    assert.deepEqual((await readyz()).status, 200);
    assert.equal((await readyz()).body.checks.broker, "failing");
    for (let i = 0; i < 50; i++) await send(`during-${i}`);
    await received(bobHere, "during-49");
    await using dan = (await WsClient.connect(here.webSocketUrl, bob.token)).client;
    assert.ok((await dan.command("presence.get", { userIds: [ann.id, cy.id] })).ok);
    // Instances compare their rooms with the Store: a change that could not be announced arrives
    // some seconds later.
    await received(cyThere, "during-49");

    cluster.denokv!.resume();
    for (const client of [annHere, bobHere, cyThere, dan]) {
      await eventually("it is told to catch up", () => {
        return client.events.some(({ event }) => event === "resync");
      });
    }
    await eventually("all came", () => {
      const { events } = cyThere;
      const head = Math.max(...events.map(({ rev = 0 }) => rev));
      return head === Math.max(...bobHere.events.map(({ rev = 0 }) => rev));
    });
    await send("after");
    await received(cyThere, "after");
    await eventually("it is ready", async () => (await readyz()).body.status === "ready");
  },
);

Deno.test({ name: "a KV that is dead lets an instance drain in time", ignore }, async () => {
  await using cluster = await Cluster.start({ instances: 1 });
  const ann = await cluster.register("ann");
  const chatId = await cluster.group(ann, []);
  const [instance] = cluster.instances;
  await using client = (await WsClient.connect(instance.webSocketUrl, ann.token)).client;
  cluster.denokv!.pause();
  assert.ok((await client.command("message.send", { chatId, text: "x", clientId: "x" })).ok);
  // A drain that takes longer than Deno Deploy allows ends with code 1.
  assert.deepEqual(await instance.kill("SIGTERM"), { code: 0, signal: null });
  assert.equal((await client.closed).code, 1012);
});

function textOf(data: unknown): string | undefined {
  return (data as { text?: string }).text;
}
