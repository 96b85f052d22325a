import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { decodeJwt, jwtVerify } from "jose";
import { isId, newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";
import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { WsClient } from "../support/ws_client.ts";

const SECRET = "the-secret-of-livekit-in-the-tests-is-long";
const CALLS = {
  LIVEKIT_URL: "wss://livekit.example.org",
  LIVEKIT_API_KEY: "the-key",
  LIVEKIT_API_SECRET: SECRET,
  TURN_URLS: "turns:turn.example.org:5349, turn:turn.example.org:3478",
  TURN_SECRET: "the-secret-of-turn",
};

Deno.test("a person in a call has the name that others see", async () => {
  await using app = await RunningApp.start(CALLS);
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const store = await app.openStore();
  const nameAs = async (displayName: string) => {
    await store.users.update(ann.id, { displayName });
    const { body } = await app.client(ann).post(`/api/chats/${chat.id}/calls/join`, {});
    return decodeJwt(body.livekit.token).name;
  };
  assert.equal(await nameAs("Ann Example"), "Ann Example");
  assert.equal(await nameAs(""), "ann");
  await store.close();
});

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name}: a member of a chat gets access to its room, by role`,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(CALLS);
      const { ann, bob, eve } = await app.people("ann", "bob", "eve");
      const { body: group } = await app.client(ann).post("/api/groups", {
        name: "Kites",
        memberIds: [bob.id],
      });
      const join = app.app.operations.find(({ name }) => name === "call.join")!;
      for (const [person, roomAdmin] of [[ann, true], [bob, false]] as const) {
        await using there = await transport.open(app, person.token);
        const { data } = await there.run(join, { chatId: group.id });
        assert.equal(data.livekit.url, CALLS.LIVEKIT_URL);
        const { payload, protectedHeader } = await jwtVerify(
          data.livekit.token,
          new TextEncoder().encode(SECRET),
          { currentDate: new Date(app.clock.now()) },
        );
        assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT" });
        assert.deepEqual([payload.iss, payload.sub, payload.name], [
          "the-key",
          person.id,
          person.username,
        ]);
        assert.deepEqual(payload.video, {
          room: group.id,
          roomJoin: true,
          roomAdmin,
          canPublish: true,
          canSubscribe: true,
          canPublishData: true,
        });
        const [server] = data.iceServers;
        const [expiry, userId] = server.username.split(":");
        assert.deepEqual([server.urls.length, userId], [2, person.id]);
        assert.ok(Number(expiry) > app.clock.now() / 1000);
        const hash = createHmac("sha1", CALLS.TURN_SECRET).update(server.username);
        assert.equal(server.credential, hash.digest("base64"));
      }
      await using stranger = await transport.open(app, eve.token);
      assert.equal((await stranger.run(join, { chatId: group.id })).error!.code, "not_found");
    },
  });
}

Deno.test({
  name: "members hear that a call began and ended",
  ...LEAKY,
  fn: async () => {
    await using app = await RunningApp.start(CALLS);
    const { ann, bob } = await app.people("ann", "bob");
    const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
    const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
    await using socket = client;
    const call = newId();
    const path = `/api/chats/${chat.id}/calls`;
    await app.client(ann).post("/api/messages", { chatId: chat.id, text: "May I call?" });
    const has = (name: string) => () => socket.events.some(({ event }) => event === name);
    await eventually("the socket gets the chat's events", has("message.created"));
    const { body } = await app.client(ann).post(path, { call });
    assert.deepEqual([body.call, body.room], [call, chat.id]);
    await eventually("the call is announced", has("call.started"));
    assert.equal((await app.client(ann).post(`${path}/end`, { call })).status, 204);
    await eventually("its end is announced", () => {
      const ended = socket.events.find(({ event }) => event === "call.ended");
      assert.deepEqual(ended, {
        event: "call.ended",
        chatId: chat.id,
        data: { call, userId: ann.id },
      });
      return true;
    });
  },
});

Deno.test("calls are refused where none are configured, and behind a block", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const join = () => app.client(ann).post(`/api/chats/${chat.id}/calls/join`);
  assert.deepEqual((await join()).body.code, "conflict");
  await app.client(bob).post("/api/users/block", { userId: ann.id });
  assert.deepEqual((await join()).body.code, "forbidden");
});

Deno.test("calls need LiveKit or TURN, and only a member of the chat ends one", async () => {
  const given = (prefix: string) =>
    Object.fromEntries(Object.entries(CALLS).filter(([name]) => name.startsWith(prefix)));
  for (const prefix of ["LIVEKIT", "TURN"]) {
    await using app = await RunningApp.start(given(prefix));
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
    const path = `/api/chats/${chat.id}/calls`;
    const { status, body } = await app.client(ann).post(`${path}/join`, {});
    assert.equal(status, 200, JSON.stringify(body));
    const has = [body.livekit !== null, body.iceServers.length];
    assert.deepEqual(has, prefix === "LIVEKIT" ? [true, 0] : [false, 1]);
    const end = (by: typeof ann) => app.client(by).post(`${path}/end`, { call: newId() });
    assert.deepEqual([(await end(eve)).status, (await end(bob)).status], [404, 204]);
  }
});

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name}: in a group a call is ended by its beginner, the owner and admins`,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(CALLS);
      const { ann, bob, eve } = await app.people("ann", "bob", "eve");
      const memberIds = [bob.id, eve.id];
      const created = await app.client(ann).post("/api/groups", { name: "Kites", memberIds });
      const chatId: string = created.body.id;
      const ends = async (by: typeof ann, call: string) => {
        await using there = await transport.open(app, by.token);
        const operation = app.app.operations.find(({ name }) => name === "call.end")!;
        const { ok, error } = await there.run(operation, { chatId, call });
        return ok || error!.code;
      };
      const start = async (by: typeof ann, call?: string) =>
        (await app.client(by).post(`/api/chats/${chatId}/calls`, { call })).body.call as string;
      const his = await start(bob);
      assert.ok(isId(his), his);
      assert.notEqual(await start(bob), his);
      assert.equal(await ends(eve, his), "forbidden");
      assert.equal(await start(eve, his), his, "to announce it again makes nobody its beginner");
      assert.equal(await ends(eve, his), "forbidden");
      assert.equal(await ends(bob, his), true);
      assert.equal(await ends(ann, his), true, "the owner");
      const hers = await start(ann);
      assert.equal(await ends(bob, hers), "forbidden");
      const other = await app.client(eve).post("/api/groups", { name: "B", memberIds: [bob.id] });
      const elsewhere = await app.client(bob).post(`/api/chats/${other.body.id}/calls`, {});
      assert.equal(await ends(bob, elsewhere.body.call), "forbidden", "a call of another chat");
    },
  });
}

Deno.test({
  name: "calls of a shadowed person reach no one, and a frozen chat takes none",
  ...LEAKY,
  fn: async () => {
    await using app = await RunningApp.start(CALLS);
    const { root, ann, bob } = await app.people("root", "ann", "bob");
    const store = await app.openStore();
    await store.users.update(root.id, { role: "admin" });
    await store.close();
    const chief = app.client(root);
    const group = { name: "Kites", memberIds: [bob.id] };
    const chatId: string = (await app.client(ann).post("/api/groups", group)).body.id;
    const { client: live } = await WsClient.connect(app.webSocketUrl, ann.token);
    await using _ = live;
    const start = (by: typeof ann) => app.client(by).post(`/api/chats/${chatId}/calls`, {});
    await chief.put(`/api/admin/users/${bob.id}/shadow`, { shadowed: true });
    const alone = await start(bob);
    assert.ok(alone.status < 300, JSON.stringify(alone.body));
    assert.notEqual(alone.body.room, chatId);
    const shown = await start(ann);
    assert.equal(shown.body.room, chatId);
    await eventually("her own call", () => JSON.stringify(live.events).includes(shown.body.call));
    assert.ok(!JSON.stringify(live.events).includes(alone.body.call));
    await chief.post(`/api/admin/chats/${chatId}/freeze`, { frozen: true });
    assert.equal((await start(ann)).body.code, "chat_frozen");
    assert.deepEqual(app.log, []);
  },
});

Deno.test("a person cannot ring and cancel in a chat without end", async () => {
  await using app = await RunningApp.start(CALLS);
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const start = (by: typeof ann) => app.client(by).post(`/api/chats/${chat.id}/calls`, {});
  for (let i = 0; i < 10; i++) assert.equal((await start(ann)).status, 200);
  const { status, body } = await start(ann);
  assert.deepEqual([status, body.code], [429, "rate_limited"]);
  assert.match(body.detail, /^Cannot call: too many calls were started in this chat; try again in/);
  assert.equal((await start(bob)).status, 200, "each person has their own");
  assert.equal((await app.client(ann).post(`/api/chats/${chat.id}/calls/join`, {})).status, 200);
  app.clock.ahead += 60_000;
  assert.equal((await start(ann)).status, 200);
});
