import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { asAdmin } from "./administrators.ts";

const [mongo] = testedStores().filter(({ name }) => name === "MongoDB");

Deno.test({
  name: "a shadow and a freeze hold at another instance at once, and statistics add up",
  ignore: mongo.ignore,
  fn: async () => {
    const environment = { ...mongo.environment(), BROKER: "mongo" };
    await using first = await RunningApp.start(environment);
    await using second = await RunningApp.start(environment);
    const { root: chief, ann, spammer } = await first.people("root", "ann", "spammer");
    const root = await asAdmin(first, chief);
    const made = await first.client(ann).post("/api/groups", {
      name: "Kites",
      memberIds: [spammer.id],
    });
    const chatId: string = made.body.id;
    const send = (app: RunningApp, by: typeof ann, text: string) =>
      app.client(by).post("/api/messages", { chatId, text });
    assert.equal((await send(second, ann, "hello")).status, 201);
    const path = `/api/admin/users/${spammer.id}/shadow`;
    assert.equal((await root.put(path, { shadowed: true })).status, 200);
    await eventually("the shadow at the other instance", async () => {
      const { status, body: sent } = await send(second, spammer, "buy pills");
      assert.equal(status, 201);
      const [newest] = (await second.client(ann).get(`/api/messages/${chatId}`)).body.items;
      return newest.id !== sent.id;
    });
    const freeze = `/api/admin/chats/${chatId}/freeze`;
    assert.equal((await root.post(freeze, { frozen: true })).status, 200);
    assert.equal((await send(second, ann, "too late")).body.code, "chat_frozen");
    const figures = async (app: RunningApp) =>
      (await app.client(chief).get("/api/admin/statistics")).body.days.at(-1);
    const { messages } = await figures(second);
    assert.ok(messages >= 2);
    assert.deepEqual([(await figures(first)).messages, (await figures(first)).chats], [
      messages,
      1,
    ]);
  },
});
