import assert from "node:assert/strict";
import { asAdmin } from "../moderation/administrators.ts";
import { attacks, REST } from "../security/attacks.ts";
import { eventually } from "../support/eventually.ts";
import type { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";

const test = attacks();

/** A group of Ann and Bob with a bot that has one command. */
async function openWorld(app: RunningApp) {
  const people = await app.people("root", "ann", "bob");
  const root = await asAdmin(app, people.root);
  const [ann, bob] = [app.client(people.ann), app.client(people.bob)];
  const { body: { id, token } } = await root.post("/api/admin/bots", {
    name: "Weather",
    username: "weather",
  });
  const { body: { accessToken } } = await app.client().post("/api/bots/sign-in", { token });
  const bot = app.client().as(accessToken);
  const commands = [{ name: "weather", description: "Asks for it", usage: "<city>" }];
  assert.equal((await bot.put("/api/bots/commands", { commands })).status, 200);
  const { body: group } = await ann.post("/api/groups", {
    name: "Trip",
    memberIds: [id, people.bob.id],
  });
  const chatId: string = group.id;
  const send = async (by: typeof ann, text: string) => {
    const { status, body } = await by.post("/api/messages", { chatId, text });
    assert.equal(status, 201, JSON.stringify(body));
  };
  return { root, ann, bob, bot, id, bobId: people.bob.id, accessToken, chatId, send };
}

test(
  REST,
  "a bot receives neither its own commands nor those of a shadowed person",
  async (app) => {
    const { root, ann, bob, bot, bobId, accessToken, send } = await openWorld(app);
    const shadow = { shadowed: true, reason: "Spam" };
    assert.equal((await root.put(`/api/admin/users/${bobId}/shadow`, shadow)).status, 200);
    const { client } = await WsClient.connect(app.webSocketUrl, accessToken);
    await using socket = client;
    await send(bob, "/weather from a shadowed person");
    await send(bot, "/weather from the bot itself");
    await send(ann, "/weather from a member");
    const commands = () => socket.events.filter(({ event }) => event === "command");
    await eventually("the member's command", () => commands().length > 0);
    const args = commands().map(({ data }) => (data as { args: string }).args);
    assert.deepEqual(args, ["from a member"]);
    assert.deepEqual(app.log, []);
  },
);

test(REST, "a bot that has ended offers no commands, though it stays a member", async (app) => {
  const { root, ann, id, chatId } = await openWorld(app);
  const offered = async () => (await ann.get(`/api/chats/${chatId}/commands`)).body.items;
  assert.equal((await offered()).length, 1);
  assert.equal((await root.delete(`/api/admin/bots/${id}`)).status, 204);
  assert.deepEqual(await offered(), []);
  const { body } = await ann.get(`/api/groups/${chatId}`);
  assert.ok(JSON.stringify(body).includes(id), "it is still a member");
  assert.deepEqual(app.log, []);
});
