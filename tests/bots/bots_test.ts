import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";
import { LEAKY } from "../support/leaky.ts";
import { makeAdmin } from "../support/make_admin.ts";
import { openStoreOf } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { WsClient } from "../support/ws_client.ts";

for (const { name: store, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${store}: a bot signs in, declares commands, receives one and answers`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const { root, ann } = await app.people("root", "ann");
      await makeAdmin(app, root);
      const bots = app.client(root);
      const made = await bots.post("/api/admin/bots", { name: "Weather", username: "weather" });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { id, token } = made.body;
      const signIn = (token: string) => app.client().post("/api/bots/sign-in", { token });
      const { body: session } = await signIn(token);
      assert.equal(session.userId, id);
      const bot = app.client().as(session.accessToken);
      const commands = [{ name: "weather", description: "Asks for it", usage: "<city>" }];
      assert.equal((await bot.put("/api/bots/commands", { commands })).status, 200);
      const hers = app.client(ann);
      assert.equal((await hers.get(`/api/users/${id}`)).body.bot, true);
      assert.equal((await hers.put("/api/bots/commands", { commands })).status, 403);
      const { body: group } = await hers.post("/api/groups", { name: "Trip", memberIds: [id] });
      const offered = await hers.get(`/api/chats/${group.id}/commands`);
      assert.deepEqual(offered.body.items, [{ ...commands[0], botId: id }]);
      const { client } = await WsClient.connect(app.webSocketUrl, session.accessToken);
      await using socket = client;
      await hers.post("/api/messages", { chatId: group.id, text: "/unknown there" });
      const sent = await hers.post("/api/messages", {
        chatId: group.id,
        text: "/weather Paris tomorrow",
      });
      const event = await eventually("the bot receives the command", () => {
        return socket.events.find(({ event }) => event === "command");
      });
      assert.deepEqual(event, {
        event: "command",
        chatId: group.id,
        data: {
          messageId: sent.body.id,
          fromId: ann.id,
          name: "weather",
          args: "Paris tomorrow",
        },
      });
      const rotated = await bots.post(`/api/admin/bots/${id}/rotate`);
      assert.equal((await signIn(token)).status, 401, "the token before");
      assert.equal((await bot.get("/api/users/profile")).status, 401, "its session");
      const again = await signIn(rotated.body.token);
      assert.equal(again.status, 200);
      const store = await openStoreOf(app.config);
      assert.equal((await store.users.byId(id))!.deactivatedAt, null, "it goes on");
      assert.equal((await bots.delete(`/api/admin/bots/${id}`)).status, 204);
      assert.equal((await signIn(rotated.body.token)).status, 401);
      const late = app.client().as(again.body.accessToken);
      assert.equal((await late.get("/api/users/profile")).status, 401);
      assert.deepEqual((await bots.get("/api/admin/bots")).body.items, []);
      assert.notEqual((await store.users.byId(id))!.deactivatedAt, null, "its account has ended");
      await store.close();
      const gone = [
        await bots.delete(`/api/admin/bots/${id}`),
        await bots.post(`/api/admin/bots/${id}/rotate`),
        await bots.post(`/api/admin/bots/${ann.id}/rotate`),
      ];
      assert.deepEqual(gone.map(({ status }) => status), [404, 404, 404]);
      assert.deepEqual(app.log, []);
    },
  });

  Deno.test({
    name: `${store}: an incoming webhook posts into its group until it ends`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const { ann, bob } = await app.people("ann", "bob");
      const hers = app.client(ann);
      const { body: group } = await hers.post("/api/groups", {
        name: "Builds",
        memberIds: [bob.id],
      });
      const path = `/api/chats/${group.id}/incoming-webhooks`;
      assert.equal((await app.client(bob).post(path, { name: "CI" })).status, 403);
      const made = await hers.post(path, { name: "CI" });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { id: hook, path: url } = made.body;
      const post = (body: object, at = url) => app.client().post(at, body);
      const first = await post({ text: "Build 7 passed", custom: { build: 7 }, clientId: "b7" });
      assert.equal(first.status, 201, JSON.stringify(first.body));
      assert.deepEqual([first.body.senderId, first.body.custom], [hook, { build: 7 }]);
      const again = await post({ text: "Build 7 passed", clientId: "b7" });
      assert.deepEqual([again.status, again.body.id], [200, first.body.id]);
      const item = (await app.client(bob).get("/api/chats")).body.items[0];
      assert.deepEqual([item.unread, item.lastMessage.text], [1, "Build 7 passed"]);
      const poster = (await app.client(bob).get(`/api/users/${hook}`)).body;
      assert.deepEqual([poster.displayName, poster.bot], ["CI", true]);
      const listed = (await hers.get(path)).body.items;
      assert.deepEqual(listed.map(({ id }: { id: string }) => id), [hook]);
      assert.equal(JSON.stringify(listed).includes(url.split("/").at(-1)), false);
      assert.equal((await hers.delete(`${path}/${hook}`)).status, 204);
      assert.equal((await post({ text: "late" })).status, 404);
      assert.equal((await hers.delete(`${path}/${hook}`)).status, 204, "already ended");
      assert.deepEqual(app.log, []);
    },
  });
}

Deno.test("an incoming webhook that cannot join its group is not left behind", async () => {
  await using app = await RunningApp.start();
  const { root, ann } = await app.people("root", "ann");
  await makeAdmin(app, root);
  const hers = app.client(ann);
  const { body: group } = await hers.post("/api/groups", { name: "Frozen" });
  await app.client(root).post(`/api/admin/chats/${group.id}/freeze`, { frozen: true });
  const path = `/api/chats/${group.id}/incoming-webhooks`;
  const refused = await hers.post(path, { name: "CI" });
  assert.equal(refused.body.code, "chat_frozen", JSON.stringify(refused.body));
  assert.deepEqual((await hers.get(path)).body.items, []);
  const store = await openStoreOf(app.config);
  const all = await store.bots.list({ kind: "hook", chatId: group.id, before: null, limit: 5 });
  assert.deepEqual(all, []);
  await store.close();
  assert.deepEqual(app.log, []);
});

Deno.test("the secrets of bots and incoming webhooks cannot be exchanged or guessed", async () => {
  await using app = await RunningApp.start({ RATE_INCOMING: "2/1m" });
  const { root, ann } = await app.people("root", "ann");
  await makeAdmin(app, root);
  const hers = app.client(ann);
  const { body: group } = await hers.post("/api/groups", { name: "Builds" });
  const { body: other } = await hers.post("/api/groups", { name: "Other" });
  const make = async (chatId: string) =>
    (await hers.post(`/api/chats/${chatId}/incoming-webhooks`, { name: "CI" })).body;
  const [hook, second] = [await make(group.id), await make(other.id)];
  const secretOf = ({ path }: { path: string }) => path.split("/").at(-1)!;
  const post = (id: string, secret: string, body: object = { text: "x" }) =>
    app.client().post(`/api/incoming/${id}/${secret}`, body);
  for (
    const [id, secret] of [
      [hook.id, secretOf(second)],
      [newId(), secretOf(hook)],
      [ann.id, secretOf(hook)],
    ]
  ) assert.equal((await post(id, secret)).status, 404);
  const token = `rtcbot_${hook.id.replaceAll("-", "")}_${secretOf(hook)}`;
  assert.equal((await app.client().post("/api/bots/sign-in", { token })).status, 401);
  const elsewhere = { text: "x", chatId: other.id };
  assert.equal((await post(hook.id, secretOf(hook), elsewhere)).status, 400);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await post(hook.id, secretOf(hook))).status);
  assert.deepEqual(statuses, [201, 201, 429]);
  assert.equal((await post(second.id, secretOf(second))).status, 201, "each has its own limit");
  await hers.delete(`/api/groups/${other.id}/members/${second.id}`);
  assert.equal((await post(second.id, secretOf(second))).status, 404, "a removed poster");
});
