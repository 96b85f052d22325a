import assert from "node:assert/strict";
import { onBothStores, PASSWORD } from "../support/account_world.ts";
import { aReport, aSession } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";

const test = onBothStores();

test("an export contains everything stored about the user", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const chat = await world.send("POST", "/api/chats", { userId: bob.id }, ann);
  const chatId = chat.body.id;
  for (let i = 0; i < 150; i++) {
    await world.send("POST", "/api/messages", { chatId, text: `mine ${i}` }, ann);
  }
  await world.send("POST", "/api/messages", { chatId, text: "his" }, bob);
  await world.send("POST", "/api/users/block", { userId: bob.id }, ann);
  await world.send("POST", "/api/users/report", { userId: bob.id, reason: "spam" }, ann);
  const { status, headers, body } = await world.send("GET", "/api/users/export", undefined, ann);
  assert.equal(status, 200);
  assert.match(headers.get("content-disposition")!, /attachment/);
  assert.equal(body.profile[0].email, ann.email);
  assert.equal(body.sessions.length, 1);
  assert.ok(!("refreshHash" in body.sessions[0]));
  const texts = body.messages.map(({ text }: { text: string }) => text);
  assert.deepEqual(texts, Array.from({ length: 150 }, (_, i) => `mine ${i}`));
  assert.equal(body.memberships.length, 1);
  assert.equal(body.blocked[0].userId, bob.id);
  assert.equal(body.reportsMade.length, 1);
  const actions = body.audit.map(({ action }: { action: string }) => action);
  assert.ok(actions.includes("data.exported") && actions.includes("account.registered"));
  assert.ok(!JSON.stringify(body).includes(`"his"`), "other users' messages are not in it");
  assert.equal((await world.send("GET", "/api/users/export")).status, 401);
});

test("an export has all sessions and reports, each once, however many they are", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const store = await world.openStore();
  for (let i = 0; i < 410; i++) {
    await store.sessions.create(
      aSession({ userId: ann.id, endedAt: world.now(), endReason: "logout" }),
    );
    await store.reports.create(aReport({ reporterId: ann.id, userId: bob.id }));
  }
  await store.close();
  const { body } = await world.send("GET", "/api/users/export", undefined, ann);
  for (const [name, count] of [["sessions", 411], ["reportsMade", 410]] as const) {
    const ids = body[name].map(({ id }: { id: string }) => id);
    assert.deepEqual([ids.length, new Set(ids).size], [count, count], name);
  }
});

test("an export needs a recent proof of identity", async (world) => {
  const ann = await world.register("ann");
  const exported = () => world.send("GET", "/api/users/export", undefined, ann);
  assert.equal((await exported()).status, 200, "she has just signed in");
  world.ahead = 5 * 60_000;
  const refused = await exported();
  assert.deepEqual([refused.status, refused.body.code], [403, "reauthentication_required"]);
  const proof = await world.send("POST", "/api/auth/reauthenticate", { password: PASSWORD }, ann);
  assert.equal(proof.status, 200, JSON.stringify(proof.body));
  const { status, body } = await exported();
  assert.equal(status, 200);
  const exports = body.audit.filter(({ action }: { action: string }) => action === "data.exported");
  assert.equal(exports.length, 2, "the refused one is no export");
});

test("deleting an account removes all personal data and leaves tombstones in chats", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const direct = await world.send("POST", "/api/chats", { userId: bob.id }, ann);
  const group = await world.send("POST", "/api/groups", { name: "G", memberIds: [bob.id] }, ann);
  const chats = [direct.body.id, group.body.id];
  for (const chatId of chats) {
    await world.send("POST", "/api/messages", { chatId, text: "from ann" }, ann);
    await world.send("POST", "/api/messages", { chatId, text: "from bob" }, bob);
  }
  await world.send("POST", "/api/users/block", { userId: ann.id }, bob);
  const wrong = await world.send("DELETE", "/api/users/profile", { password: "wrong" }, ann);
  assert.equal(wrong.status, 401);
  const before = (await world.send("GET", `/api/chats/${chats[0]}`, undefined, bob)).body.rev;
  const gone = await world.send("DELETE", "/api/users/profile", { password: PASSWORD }, ann);
  assert.equal(gone.status, 204, JSON.stringify(gone.body));
  assert.equal((await world.send("GET", "/api/users/profile", undefined, ann)).status, 401);
  assert.equal((await world.login("ann")).status, 401);
  for (const chatId of chats) {
    const { body } = await world.send("GET", `/api/messages/${chatId}`, undefined, bob);
    const [his, hers] = body.items;
    assert.deepEqual([his.text, hers.text, hers.deletedAt !== null], ["from bob", "", true]);
    assert.equal(hers.senderId, ann.id);
  }
  const path = `/api/chats/${chats[0]}/changes?after=${before}`;
  const changes = await world.send("GET", path, undefined, bob);
  assert.equal(changes.body.messages.length, 1, "clients receive it by catching up");
  const roster = await world.send("GET", `/api/groups/${chats[1]}`, undefined, bob);
  const members = roster.body.members.map((m: { userId: string; role: string }) => [
    m.userId,
    m.role,
  ]);
  assert.deepEqual(members, [[bob.id, "owner"]]);
  const erased = await world.send("GET", `/api/users/${ann.id}`, undefined, bob);
  assert.equal(erased.body.displayName, "Deleted account");
  const store = await world.openStore();
  const kept = JSON.stringify([
    await store.users.byId(ann.id),
    await store.sessions.ofUser(ann.id, { before: null, limit: 10 }),
    await store.blocks.by(bob.id),
    await store.audit.ofUser(ann.id, { before: null, limit: 100 }),
  ]);
  await store.close();
  assert.ok(!/ann@|"ann"|Test\/1\.0/.test(kept), kept);
  const again = { username: "Ann", email: "ann@example.org", password: PASSWORD };
  const register = () => world.send("POST", "/api/auth/register", again);
  const { status, body } = await register();
  assert.deepEqual([status, body.errors[0].path], [409, "username"], "no one passes for her");
  world.ahead += 30 * 86_400_000;
  assert.equal((await register()).status, 201, "the name is free again");
});

test("an erasure that a crash interrupted is completed at the next start", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const { body: chat } = await world.send("POST", "/api/chats", { userId: bob.id }, ann);
  await world.send("POST", "/api/messages", { chatId: chat.id, text: "from ann" }, ann);
  const store = await world.openStore();
  // The state after the server died right after writing the intent, and then, once more, as if it
  // had died at the end.
  for (let i = 0; i < 2; i++) {
    await store.erasures.begin({ userId: ann.id, requestedAt: world.now() });
    await world.restart();
    await eventually(
      "the erasure is done",
      async () => (await store.erasures.pending()).length === 0,
    );
  }
  const entries = await store.audit.ofUser(ann.id, { before: null, limit: 100 });
  assert.equal(entries.filter(({ action }) => action === "account.erased").length, 1);
  const [message] = await store.messages.ofSender({
    chatId: chat.id,
    senderId: ann.id,
    after: 0,
    limit: 1,
  });
  assert.equal(message.text, "");
  assert.equal((await store.users.byId(ann.id))?.displayName, "Deleted account");
  await store.close();
});

test("deleting an account requires a recent proof", async (world) => {
  const ann = await world.register("ann");
  world.ahead += 11 * 60_000;
  const refused = await world.send("DELETE", "/api/users/profile", undefined, ann);
  assert.deepEqual([refused.status, refused.body.code], [403, "reauthentication_required"]);
  const proof = { password: PASSWORD };
  assert.equal((await world.send("POST", "/api/auth/reauthenticate", proof, ann)).status, 200);
  assert.equal((await world.send("DELETE", "/api/users/profile", undefined, ann)).status, 204);
});
