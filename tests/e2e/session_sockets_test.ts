import assert from "node:assert/strict";
import { AccountWorld } from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { within } from "../support/within.ts";

/** A socket that has sent its hello, with the events that it received and its close code. */
async function connect(url: string, token: string) {
  const socket = new WebSocket(url, "realtimechat.v1");
  const received: Record<string, unknown>[] = [];
  const closed = Promise.withResolvers<number>();
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    received.push(...(Array.isArray(frame) ? frame : [frame]));
  };
  socket.onclose = ({ code }) => closed.resolve(code);
  await within("it is open", new Promise((resolve) => socket.onopen = resolve));
  socket.send(JSON.stringify({ id: 1, cmd: "hello", data: { token } }));
  const hello = await eventually("hello is answered", () => received.find(({ id }) => id === 1));
  return {
    hello: hello as { ok: boolean; data: Record<string, unknown> },
    received,
    closed: () => within("it is closed", closed.promise),
  };
}

const password = "correct horse battery";
const register = async (app: RunningApp, username: string) =>
  (await app.client().post("/api/auth/register", {
    username,
    email: `${username}@example.org`,
    password,
  })).body;

Deno.test("a socket closes with 4001 when its access token expires", async () => {
  await using world = await AccountWorld.open({ JWT_EXPIRY: "1h" });
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  await using server = Deno.serve(options, (request) => world.fetch(request));
  const { token } = await world.register("ann");
  const { hello, closed, received } = await connect(`ws://127.0.0.1:${server.addr.port}/ws`, token);
  assert.equal(hello.ok, true);
  world.ahead += 3_600_000;
  assert.equal(await closed(), 4001);
  assert.ok(!received.some(({ event }) => event === "session.ended"), "the session goes on");
});

Deno.test("ending a session, suspending and erasing a user close the sockets at once", async () => {
  await using app = await RunningApp.start({ ADMIN_EMAILS: "chief@example.org" });
  const ann = await register(app, "ann");
  const phone = (await app.client().post("/api/auth/login", { identifier: "ann", password })).body;
  const client = app.client().as(ann.accessToken);
  const first = await connect(app.webSocketUrl, phone.accessToken);
  assert.deepEqual(first.hello.data.blockedUserIds, []);
  await client.delete("/api/sessions");
  assert.equal(await first.closed(), 4001);
  assert.ok(first.received.some(({ event }) => event === "session.ended"));

  const chief = await register(app, "chief");
  const store = await app.openStore();
  await store.users.update(chief.user.id, { role: "admin" });
  await store.close();
  const second = await connect(app.webSocketUrl, ann.accessToken);
  const admin = app.client().as(chief.accessToken);
  await admin.post(`/api/admin/users/${ann.user.id}/suspend`, { reason: "spam" });
  assert.equal(await second.closed(), 4001);

  const third = await connect(app.webSocketUrl, chief.accessToken);
  assert.equal((await admin.delete("/api/users/profile", { password })).status, 204);
  assert.equal(await third.closed(), 4001);
});

Deno.test("a block is announced to the blocker's own devices only", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const [hers, his] = [
    await connect(app.webSocketUrl, ann.token),
    await connect(app.webSocketUrl, bob.token),
  ];
  await app.client(ann).post("/api/users/block", { userId: bob.id });
  const event = await eventually(
    "her device hears of it",
    () => hers.received.find(({ event }) => event === "user.blocks"),
  );
  assert.deepEqual(event.data, { userId: bob.id, blocked: true });
  const again = await connect(app.webSocketUrl, ann.token);
  assert.deepEqual(again.hello.data.blockedUserIds, [bob.id]);
  assert.ok(!his.received.some(({ event }) => event === "user.blocks"));
});
