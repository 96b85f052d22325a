import assert from "node:assert/strict";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { skipWithout } from "../support/skip.ts";
import { WsClient } from "../support/ws_client.ts";

const ignore = skipWithout("mongodb", "denokv");
const env = { LIMIT_PRESENCE_GRACE_MS: "300" };

for (const kept of [true, false]) {
  const name = `a denokv that is killed and comes back ${kept ? "as it was" : "empty"}`;
  Deno.test({ name: `${name}: signals flow and presence is right again`, ignore }, async () => {
    await using cluster = await Cluster.start({ env });
    const [ann, bob] = [await cluster.register("ann", 0), await cluster.register("bob", 1)];
    const cy = await cluster.register("cy", 1);
    const chatId = await cluster.group(ann, [bob, cy]);
    const open = async (person: Person, at: number) =>
      (await WsClient.connect(cluster.instances[at].webSocketUrl, person.token)).client;
    await using annHere = await open(ann, 0);
    await using bobThere = await open(bob, 1);
    const stateOf = async (viewer: Person, at: number, of: Person) => {
      const http = new HttpClient(cluster.instances[at].url, viewer.token);
      return (await http.get(`/api/users/status?userIds=${of.id}`)).body.items[0].state;
    };
    const send = async (text: string) => {
      const reply = await annHere.command("message.send", { chatId, text, clientId: text });
      assert.ok(reply.ok, JSON.stringify(reply));
    };
    const received = (text: string) =>
      eventually(`${text} came`, () => {
        return bobThere.events.some(({ data }) => (data as { text?: string }).text === text);
      }, { within: 60_000 });
    await send("before");
    await received("before");
    assert.equal(await stateOf(ann, 0, bob), "online");

    await cluster.denokv!.kill();
    await send("during");
    await using cyThere = await open(cy, 1);
    await eventually("it is noticed", async () => {
      return (await new HttpClient(cluster.instances[0].url).get("/readyz")).body.status ===
        "degraded";
    });
    await cluster.denokv!.restart({ empty: !kept });
    for (const [at, [viewer, other]] of [[ann, cy], [bob, ann]].entries()) {
      await eventually("each is seen from the other instance", async () => {
        return await stateOf(viewer, at, other) === "online";
      }, { within: 60_000 });
    }
    await eventually("all is well", async () => {
      const answers = await Promise.all(
        cluster.instances.map(({ url }) => new HttpClient(url).get("/readyz")),
      );
      return answers.every(({ body }) => body.status === "ready");
    }, { within: 60_000 });
    await send("after");
    await received("after");
    await cyThere.close();
    await eventually("going is seen too", async () => await stateOf(ann, 0, cy) === "offline");
    await annHere.command("typing.start", { chatId });
    await eventually("typing crosses", () => {
      return bobThere.events.some(({ event }) => event === "typing");
    });
  });
}
