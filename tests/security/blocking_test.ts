import assert from "node:assert/strict";
import { type Input, TRANSPORTS } from "../support/transports.ts";
import { eventually } from "../support/eventually.ts";
import { flag } from "../support/pictures.ts";
import type { RunningApp } from "../support/running_app.ts";
import { download, upload } from "../support/uploads.ts";
import { type Held, SOCKETS } from "./entrances.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/** Ways around a block, through every transport: `bob` is blocked by `ann`; both are in a group. */

const NAMES = ["ann", "bob", "carol"] as const;

async function blocked(app: RunningApp) {
  const people = await app.people(...NAMES);
  const { ann, bob, carol } = people;
  const [http, hers] = [app.client(bob), app.client(ann)];
  const direct = await http.post("/api/messages", { recipientId: ann.id, text: "hello" });
  const hersThere = await hers.post("/api/messages", { recipientId: bob.id, text: "hi" });
  const memberIds = [ann.id, bob.id];
  const group = await app.client(carol).post("/api/groups", { name: "Group", memberIds });
  const own = await http.post("/api/groups", { name: "Bob's", memberIds: [carol.id] });
  for (const { status } of [direct, hersThere, group, own]) assert.equal(status, 201);
  const done = await hers.post("/api/users/block", { userId: bob.id });
  assert.equal(done.status, 200);
  return {
    ...people,
    chatId: direct.body.chatId as string,
    mine: direct.body.id as string,
    hers: hersThere.body.id as string,
    groupId: group.body.id as string,
    ownGroupId: own.body.id as string,
  };
}

type World = Awaited<ReturnType<typeof blocked>>;

const WAYS: Record<string, [operation: string, input: (world: World) => Input, codes: string[]]> = {
  "sending to the chat": ["message.send", (w) => ({ chatId: w.chatId, text: "x" }), ["forbidden"]],
  "sending to the person": [
    "message.send",
    (w) => ({ recipientId: w.ann.id, text: "x" }),
    ["forbidden", "not_found"],
  ],
  "an answer to a message of hers": [
    "message.send",
    (w) => ({ chatId: w.chatId, text: "x", replyTo: w.hers }),
    ["forbidden"],
  ],
  "an old message, edited": ["message.edit", (w) => ({ messageId: w.mine, text: "x" }), [
    "forbidden",
  ]],
  "a reaction": ["message.react", (w) => ({ messageId: w.hers, emoji: "👍" }), ["forbidden"]],
  "a pin": ["message.pin", (w) => ({ messageId: w.hers }), ["forbidden"]],
  "opening the chat again": ["chat.open", (w) => ({ userId: w.ann.id }), ["ok", "not_found"]],
  "a new group with her": [
    "group.create",
    (w) => ({ name: "x", memberIds: [w.ann.id] }),
    ["not_found"],
  ],
  "adding her to a group": [
    "group.add",
    (w) => ({ groupId: w.ownGroupId, userIds: [w.ann.id] }),
    ["not_found"],
  ],
  "looking at her": ["user.get", (w) => ({ userId: w.ann.id }), ["not_found"]],
  "keys for an encrypted chat": ["keyPackage.claim", (w) => ({ userId: w.ann.id }), ["not_found"]],
};

attack(
  TRANSPORTS,
  "nothing of a blocked user is delivered, and nothing reveals the block",
  async (app, door) => {
    const world = await blocked(app);
    await using listening = await SOCKETS[0].hold(app, world.ann.token);
    await using there = await door.open(app, world.bob.token);
    for (const [what, [name, input, codes]] of Object.entries(WAYS)) {
      const operation = app.app.operations.find((one) => one.name === name)!;
      if (!door.offers(operation)) continue;
      const { ok, error } = await there.run(operation, input(world));
      assert.ok(codes.includes(ok ? "ok" : error!.code), `${what}: ${error?.code ?? "ok"}`);
      assert.doesNotMatch(JSON.stringify(error ?? {}), /block/i, what);
    }
    const status = app.app.operations.find(({ name }) => name === "presence.get")!;
    const seen = await there.run(status, { userIds: [world.ann.id] });
    const shown = seen.data.items.filter(({ state }: { state: string }) => state !== "offline");
    assert.deepEqual(shown, [], "she is online, but not visible");
    // An event of the same chat that comes later proves that an earlier one would have been received.
    const removed = await app.client(world.ann).delete(`/api/messages/${world.hers}`);
    assert.ok(removed.status < 300, JSON.stringify(removed.body));
    const received = () => listening.events.filter(({ event }) => event.startsWith("message."));
    await eventually("her own change comes", () => received().length > 0);
    assert.deepEqual(received().map(({ event }) => event), ["message.deleted"]);
  },
);

attack(
  SOCKETS,
  "neither user sees the other's presence and typing, and the group is not affected",
  async (app, socket) => {
    const { ann, bob, chatId, groupId } = await blocked(app);
    await using hers = await socket.hold(app, ann.token);
    await using his = await socket.hold(app, bob.token);
    for (const one of [hers, his]) {
      assert.equal(
        (await one.command("typing.start", { chatId })).ok,
        true,
        "the block is not revealed",
      );
      assert.equal((await one.command("chat.read", { chatId, seq: 2 })).ok, true);
      await one.command("presence.set", { state: "busy" });
      // A later event proves that an earlier one would have been received.
      assert.equal((await one.command("typing.start", { chatId: groupId })).ok, true);
    }
    for (const [one, other] of [[hers, bob], [his, ann]] as const) {
      const ofOther = () => one.events.filter(({ data }) => mentions(data, other.id));
      await eventually("typing in the group is received", () => ofOther().length > 0);
      const received = ofOther().map(({ event, chatId }) => [event, chatId]);
      assert.deepEqual(received, [["typing", groupId]]);
    }
  },
  { LIMIT_PRESENCE_GRACE_MS: "0" },
);

attack(
  SOCKETS,
  "what the two were typing to each other ends with the block",
  async (app, socket) => {
    const { ann, bob } = await app.people("ann", "bob");
    const chat = await app.client(ann).post("/api/chats", { userId: bob.id });
    const chatId: string = chat.body.id;
    await using hers = await socket.hold(app, ann.token);
    await using his = await socket.hold(app, bob.token);
    const typing = (held: Held) =>
      held.events.filter(({ event }) => event === "typing").map(({ data }) => data);
    for (const one of [hers, his]) await one.command("typing.start", { chatId });
    await eventually("both see it", () => typing(hers).length + typing(his).length === 2);
    await app.client(ann).post("/api/users/block", { userId: bob.id });
    const ended = () => typing(hers).length + typing(his).length === 4;
    await eventually("it has ended by the block, not by itself", ended, { within: 20_000 });
    assert.deepEqual(typing(hers).at(-1), { userId: bob.id, typing: false });
    assert.deepEqual(typing(his).at(-1), { userId: ann.id, typing: false });
  },
  { LIMIT_TYPING_TIME_MS: "60000" },
);

attack(
  SOCKETS,
  "the two look offline to each other from the block on, and as they are once it is gone",
  async (app, socket) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    await app.client(ann).post("/api/chats", { userId: bob.id });
    await using hers = await socket.hold(app, ann.token);
    await using his = await socket.hold(app, bob.token);
    await using strangers = await socket.hold(app, eve.token);
    const states = (held: Held, of: { id: string }) =>
      held.events.filter(({ event, data }) => event === "presence" && mentions(data, of.id))
        .map(({ data }) => (data as { state: string }).state);
    const both = () => [states(hers, bob).at(-1), states(his, ann).at(-1)];
    const becomes = (state: string) =>
      eventually(`both see ${state}`, () => both().every((each) => each === state));
    for (const one of [hers, his]) await one.command("presence.set", { state: "busy" });
    await becomes("busy");
    const block = (by: typeof ann, userId: string, unblock = false) =>
      app.client(by).post("/api/users/block", { userId, unblock });
    await block(ann, bob.id);
    await becomes("offline");
    const sent = () => states(hers, bob).length + states(his, ann).length;
    const before = sent();
    await block(bob, ann.id);
    await block(bob, ann.id, true);
    await block(ann, eve.id);
    await block(ann, bob.id, true);
    await becomes("busy");
    assert.equal(sent(), before + 2, "a second block changes nothing");
    assert.deepEqual(states(strangers, ann), [], "nobody else hears of a block");
  },
);

const mentions = (data: unknown, userId: string) => JSON.stringify(data).includes(userId);

attack(REST, "a search does not find users who blocked the caller", async (app) => {
  const { bob, carol } = await blocked(app);
  const find = async (person: typeof bob) =>
    (await app.client(person).get("/api/users/search?q=ann")).body.items.length;
  assert.deepEqual([await find(bob), await find(carol)], [0, 1]);
});

attack(REST, "a list of users leaves out those who blocked the caller", async (app) => {
  const { ann, bob, carol } = await blocked(app);
  const ids = [ann.id, carol.id, NOBODY].join(",");
  const find = async (person: typeof bob) =>
    (await app.client(person).get(`/api/users?userIds=${ids}`)).body.items
      .map(({ id }: { id: string }) => id).sort();
  assert.deepEqual(await find(bob), [carol.id]);
  assert.deepEqual(await find(carol), [ann.id, carol.id].sort());
});

const NOBODY = "0190a6e4-0000-7000-8000-000000000000";

attack(REST, "a blocked user reads nothing of the blocker, in any response", async (app) => {
  const { ann, bob, carol } = await app.people("ann", "bob", "carol");
  const [hers, his] = [app.client(ann), app.client(bob)];
  const memberIds = [ann.id, bob.id];
  const group = await app.client(carol).post("/api/groups", { name: "Group", memberIds });
  assert.equal((await his.post("/api/users/block", { userId: ann.id })).status, 200);
  const picture = (await upload(app, ann, await flag(40, 30, ".png"))).body.id;
  const profile = { displayName: "Annabel", bio: "a secret", avatarMediaId: picture };
  await hers.put("/api/users/profile", profile);
  const seen = await his.get("/api/users/blocked");
  assert.equal(seen.body.items[0].user.displayName, "Annabel");
  assert.equal((await download(app, bob, picture)).status, 200);

  // In a common chat she sees him anyway, and may report him, although he has blocked her.
  assert.equal(
    (await hers.post("/api/users/report", { userId: bob.id, reason: "spam" })).status,
    201,
  );
  assert.equal((await hers.post("/api/users/block", { userId: bob.id })).status, 200);
  await his.delete(`/api/groups/${group.body.id}/members/${bob.id}`);
  const { body } = await his.get("/api/users/blocked");
  const hidden = { id: ann.id, username: "", displayName: "", bio: "", avatarMediaId: null };
  assert.deepEqual(body.items.map(({ user }: { user: unknown }) => user), [hidden]);
  assert.equal((await download(app, bob, picture)).status, 404);
  assert.equal((await download(app, carol, picture)).status, 200);
  const everything = await his.get("/api/users/export");
  assert.doesNotMatch(JSON.stringify(everything.body), /Annabel|a secret/);
  await his.post("/api/users/block", { userId: ann.id, unblock: true });
  const ask = async (path: string, body: (userId: string) => unknown, userId: string) => {
    const { status, body: answer } = await his.post(path, body(userId));
    return [status, JSON.stringify(answer).replaceAll(userId, "ID")];
  };
  for (
    const [path, body] of [
      ["/api/users/block", (userId: string) => ({ userId })],
      ["/api/users/report", (userId: string) => ({ userId, reason: "spam" })],
    ] as const
  ) {
    assert.deepEqual(await ask(path, body, ann.id), await ask(path, body, NOBODY), path);
  }
});
