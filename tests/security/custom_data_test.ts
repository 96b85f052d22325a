import assert from "node:assert/strict";
import { TRANSPORTS } from "../support/transports.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

const nested = (levels: number): unknown => levels === 0 ? 1 : { a: nested(levels - 1) };
const keys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

/** Custom data that is refused wherever it is given. */
const REFUSED: Record<string, unknown> = {
  "an operator": { $where: "sleep(10000)" },
  "an operator below": { a: { $ne: null } },
  "an operator in a list": { a: [{ $gt: "" }] },
  "a path": { "a.b": 1 },
  "a key that begins with a dollar sign": { "$": 1 },
  "an empty key": { "": 1 },
  "a key with a space": { "a b": 1 },
  "a BSON type": { _bsontype: "ObjectId", id: "x" },
  "a constructor": { constructor: { prototype: { admin: true } } },
  "a prototype": { a: { prototype: { admin: true } } },
  "a key of every object": { toString: "x" },
  "a key of another script": { "ключ": 1 },
  "a long key": { ["k".repeat(65)]: 1 },
  "an integer that loses digits": { a: 9007199254740993 },
  "a number of 300 digits": { a: 1e300 },
  "six levels": nested(6),
  "six levels of lists": { a: [[[[[1]]]]] },
  "51 keys": keys(51),
  "51 keys in two objects": { a: keys(25), b: keys(25) },
  "more than 4 KiB": { a: "x".repeat(4096) },
  "more than 4 KiB in bytes": { a: "🪁".repeat(1024) },
  "NUL": { a: "a\0b" },
  "a list": [1],
  "text": "x",
};

attack(TRANSPORTS, "custom data beyond its bounds is refused", async (app, transport) => {
  const { ann, bob } = await app.people("ann", "bob");
  await using there = await transport.open(app, ann.token);
  const send = app.app.operations.find(({ name }) => name === "message.send")!;
  for (const [title, custom] of Object.entries(REFUSED)) {
    const { ok, error } = await there.run(send, { recipientId: bob.id, text: "x", custom });
    assert.deepEqual([ok, error?.code], [false, "invalid_request"], title);
  }
  for (const custom of [nested(5), keys(50), { a: "x".repeat(4096 - 8) }, { a: -1.5e-7 }]) {
    const { ok, data } = await there.run(send, { recipientId: bob.id, text: "x", custom });
    assert.ok(ok, JSON.stringify(custom));
    assert.deepEqual(data.custom, custom);
  }
  assert.equal(({} as Record<string, unknown>).admin, undefined);
  assert.deepEqual(app.log, []);
});

attack(REST, "raw JSON reaches no prototype and no infinity", async (app) => {
  const { ann } = await app.people("ann");
  for (const custom of ['{"__proto__":{"admin":true}}', '{"a":{"__proto__":1}}', '{"a":1e999}']) {
    const response = await fetch(new URL("/api/users/profile", app.url), {
      method: "PUT",
      headers: { authorization: `Bearer ${ann.token}`, "content-type": "application/json" },
      body: `{"custom":${custom}}`,
    });
    assert.equal(response.status, 400, custom);
    await response.body?.cancel();
  }
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

attack(REST, "every operation with custom data enforces the bounds", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const { body: direct } = await http.post("/api/chats", { userId: bob.id });
  const { body: group } = await http.post("/api/groups", { name: "Kites" });
  const { body: message } = await http.post("/api/messages", { chatId: group.id, text: "x" });
  const custom = { $where: "1" };
  const answers = await Promise.all([
    http.put("/api/users/profile", { custom }),
    http.post("/api/groups", { name: "Kites", custom }),
    http.put(`/api/groups/${group.id}`, { custom }),
    http.post("/api/chats", { userId: bob.id, custom }),
    http.put(`/api/chats/${direct.id}`, { custom }),
    http.put(`/api/chats/${direct.id}/me`, { custom }),
    http.post("/api/messages", { chatId: group.id, text: "x", custom }),
    http.put(`/api/messages/${message.id}`, { custom }),
  ]);
  for (const { status, body } of answers) {
    assert.deepEqual([status, body.errors[0].path], [400, "custom.$where"]);
  }
});

attack(REST, "a filter finds nothing that is not declared or not visible", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const [hers, his, theirs] = [ann, bob, eve].map((person) => app.client(person));
  await hers.put("/api/users/profile", { custom: { team: "blue", salary: 9 } });
  const { body: group } = await hers.post("/api/groups", {
    name: "Kites",
    custom: { topic: "kites" },
  });
  const found = await his.get("/api/users?custom.team=blue");
  assert.deepEqual(found.body.items.map(({ id }: { id: string }) => id), [ann.id]);
  const asJson = await his.get(`/api/users?custom=${encodeURIComponent('{"team":"blue"}')}`);
  assert.deepEqual(asJson.body, found.body);
  const refused = [
    "/api/users?custom.salary=9",
    "/api/users?custom.$where=1",
    "/api/users?custom.__proto__=1",
    "/api/users?custom[__proto__]=1",
    "/api/users?custom.constructor=1",
    "/api/users?custom[$ne]=1",
    "/api/users?custom.team=blue&custom.team=red",
    "/api/users?custom.team[$ne]=blue",
    "/api/users?custom=team",
    "/api/users?custom=%7B%22salary%22%3A%229%22%7D",
    "/api/users?custom=%7B%22__proto__%22%3A%22blue%22%7D",
    "/api/users?custom=%7B%22team%22%3A%7B%22%24ne%22%3A%22%22%7D%7D",
    "/api/users?custom=%7B%22team%22",
    "/api/users?custom=%7B%7D&custom.team=blue&custom.salary=9",
    "/api/users",
    `/api/users?custom.team=blue&userIds=${ann.id}`,
    "/api/chats?custom.team=blue",
    "/api/groups?custom.name=Kites",
  ];
  for (const path of refused) assert.equal((await his.get(path)).status, 400, path);
  assert.deepEqual((await his.get("/api/chats?custom.topic=kites")).body.items, []);
  const own = await hers.get("/api/chats?custom[topic]=kites");
  assert.deepEqual(own.body.items.map(({ chat }: { chat: { id: string } }) => chat.id), [group.id]);
  await hers.post("/api/users/block", { userId: eve.id });
  assert.deepEqual((await theirs.get("/api/users?custom.team=blue")).body.items, []);
  assert.deepEqual(app.log, []);
}, { CUSTOM_FILTERS: "chat.topic, user.team" });

attack(REST, "an encrypted chat takes no plain custom data of a message", async (app) => {
  const { ann } = await app.people("ann");
  const http = app.client(ann);
  const { body: group } = await http.post("/api/groups", { name: "Secret", encrypted: true });
  const { status, body } = await http.post("/api/messages", {
    chatId: group.id,
    ciphertext: "AA",
    custom: { a: 1 },
  });
  assert.deepEqual([status, body.errors[0].path], [400, "custom"]);
});
