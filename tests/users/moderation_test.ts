import assert from "node:assert/strict";
import { type AccountWorld, onBothStores } from "../support/account_world.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

const test = onBothStores();

/** Two users who share a direct chat and a group. */
async function couple(world: AccountWorld) {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const direct = await world.send("POST", "/api/chats", { userId: bob.id }, ann);
  const group = await world.send("POST", "/api/groups", { name: "G", memberIds: [bob.id] }, ann);
  return { ann, bob, chatId: direct.body.id as string, groupId: group.body.id as string };
}

test("a blocked user cannot send, edit, react, start a chat, add, or find, and is not notified", async (world) => {
  const { ann, bob, chatId, groupId } = await couple(world);
  const sent = await world.send("POST", "/api/messages", { chatId, text: "hello" }, bob);
  const block = await world.send("POST", "/api/users/block", { userId: bob.id }, ann);
  assert.deepEqual([block.status, block.body], [200, { userId: bob.id, blocked: true }]);
  const status = async (method: string, path: string, body?: unknown) =>
    (await world.send(method, path, body, bob)).status;
  assert.equal(await status("POST", "/api/messages", { chatId, text: "again" }), 403);
  assert.equal(await status("POST", "/api/messages", { recipientId: ann.id, text: "x" }), 403);
  const { id } = sent.body;
  assert.equal(await status("PUT", `/api/messages/${id}`, { text: "changed" }), 403);
  assert.equal(await status("POST", `/api/messages/${id}/react`, { emoji: "😀" }), 403);
  assert.equal(await status("DELETE", `/api/messages/${id}`), 204, "deleting is allowed");
  assert.equal(await status("GET", `/api/users/${ann.id}`), 404);
  assert.equal(await status("POST", "/api/groups", { name: "N", memberIds: [ann.id] }), 404);
  const found = await world.send("GET", "/api/users/search?q=ann", undefined, bob);
  assert.deepEqual(found.body.items, []);
  const inGroup = await world.send("POST", "/api/messages", { chatId: groupId, text: "hi" }, bob);
  assert.equal(inGroup.status, 201, "shared groups are not affected");
  const trail = await world.send("GET", "/api/audit", undefined, bob);
  assert.ok(!JSON.stringify(trail.body).includes("blocked"));
  const mine = await world.send("GET", "/api/users/blocked", undefined, ann);
  assert.deepEqual(mine.body.items.map(({ user }: { user: { id: string } }) => user.id), [bob.id]);
  await world.send("POST", "/api/users/block", { userId: bob.id, unblock: true }, ann);
  assert.equal(await status("POST", "/api/messages", { chatId, text: "back" }), 201);
});

test("blocking oneself or an unknown user is refused, and blocking twice succeeds", async (world) => {
  const { ann, bob } = await couple(world);
  const block = (userId: string) => world.send("POST", "/api/users/block", { userId }, ann);
  assert.equal((await block(ann.id)).status, 400);
  assert.equal((await block("0190a6e4-0000-7000-8000-000000000000")).status, 404);
  assert.deepEqual([(await block(bob.id)).status, (await block(bob.id)).status], [200, 200]);
});

const ADMIN = { ADMIN_EMAILS: "Chief@Example.org" };

async function admin(world: AccountWorld) {
  const account = await world.register("chief");
  const token = await world.linkToken(account.email, /Confirm/);
  const refused = await world.send("GET", "/api/admin/reports", undefined, account);
  assert.equal(refused.status, 403, "an unconfirmed address makes no administrator");
  assert.equal(
    (await world.send("POST", "/api/auth/email/verify", { token }, account)).status,
    204,
  );
  const withoutFactor = await world.send("GET", "/api/admin/reports", undefined, account);
  assert.equal(withoutFactor.status, 403, "a confirmed address alone does not either");
  await enableSecondFactor(world, account);
  return account;
}

test("a report keeps the evidence when the message is deleted", async (world) => {
  const { ann, bob, chatId } = await couple(world);
  const chief = await admin(world);
  const sent = await world.send("POST", "/api/messages", { chatId, text: "rude" }, bob);
  const report = { userId: bob.id, messageId: sent.body.id, reason: "abuse", details: "see" };
  const made = await world.send("POST", "/api/users/report", report, ann);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await world.send("DELETE", `/api/messages/${sent.body.id}`, undefined, bob);
  const open = await world.send("GET", "/api/admin/reports", undefined, chief);
  assert.equal(open.body.items[0].evidence.text, "rude");
  assert.equal(open.body.items[0].reporterId, ann.id);
  const path = `/api/admin/reports/${made.body.id}/resolve`;
  const resolved = await world.send("POST", path, { decision: "warned" }, chief);
  assert.equal(resolved.body.resolvedBy, chief.id);
  const left = await world.send("GET", "/api/admin/reports", undefined, chief);
  assert.deepEqual(left.body.items, []);
  const all = await world.send("GET", "/api/admin/reports?open=false", undefined, chief);
  assert.equal(all.body.items.length, 1);
  assert.equal((await world.send("GET", "/api/admin/reports", undefined, ann)).status, 403);
}, ADMIN);

test("a report is refused for a message that the reporter cannot see or that another user sent", async (world) => {
  const { ann, bob, chatId } = await couple(world);
  const carl = await world.register("carl");
  const sent = await world.send("POST", "/api/messages", { chatId, text: "secret" }, bob);
  const report = (reporter: { token: string }, userId: string, messageId?: string) =>
    world.send("POST", "/api/users/report", { userId, messageId, reason: "spam" }, reporter);
  assert.equal((await report(carl, bob.id, sent.body.id)).status, 404);
  assert.equal((await report(ann, carl.id, sent.body.id)).status, 400);
  assert.equal((await report(ann, ann.id)).status, 400);
  assert.equal((await report(ann, bob.id)).status, 201);
});

test(
  "a suspension ends sessions at once, is revealed only with the password, and expires",
  async (world) => {
    const { bob } = await couple(world);
    const chief = await admin(world);
    const until = new Date(world.now() + 3_600_000).toISOString();
    const path = `/api/admin/users/${bob.id}/suspend`;
    const done = await world.send("POST", path, { reason: "spam", until }, chief);
    assert.deepEqual(done.body, { userId: bob.id, suspended: true, reason: "spam", until });
    assert.equal((await world.send("GET", "/api/users/profile", undefined, bob)).status, 401);
    const refresh = { refreshToken: bob.refreshToken };
    assert.equal((await world.send("POST", "/api/auth/refresh-token", refresh)).status, 401);
    const refused = await world.login("bob");
    assert.deepEqual([refused.status, refused.body.code], [403, "account_suspended"]);
    assert.equal((await world.login("bob", "wrong password")).status, 401);
    world.ahead += 3_600_001;
    const signedIn = await world.login("bob");
    assert.equal(signedIn.status, 200, "it has expired");
    const { accessToken: token } = signedIn.body;
    const { body } = await world.send("GET", "/api/audit", undefined, { token });
    const entry = body.items.find(({ action }: { action: string }) => action === "user.suspended");
    assert.deepEqual(entry.details, { reason: "spam", until });
  },
  ADMIN,
);

test("a suspension can be lifted; administrators do not suspend themselves", async (world) => {
  const { bob } = await couple(world);
  const chief = await admin(world);
  const suspend = (id: string, body: unknown) =>
    world.send("POST", `/api/admin/users/${id}/suspend`, body, chief);
  assert.equal((await suspend(chief.id, { reason: "x" })).status, 400);
  const past = { reason: "x", until: "2020-01-01T00:00:00Z" };
  assert.equal((await suspend(bob.id, past)).status, 400);
  assert.equal((await suspend(bob.id, { reason: "spam" })).status, 200);
  const lift = `/api/admin/users/${bob.id}/unsuspend`;
  assert.equal((await world.send("POST", lift, {}, bob)).status, 401);
  assert.equal((await world.send("POST", lift, {}, chief)).body.suspended, false);
  const signedIn = await world.login("bob");
  assert.equal(signedIn.status, 200);
  const token = signedIn.body.accessToken;
  const { body } = await world.send("GET", "/api/audit", undefined, { token });
  const entry = body.items.find(({ action }: { action: string }) => action === "user.suspended");
  assert.deepEqual([entry.actorId, entry.address], [chief.id, null], "not from where");
}, ADMIN);

test(
  "an export names neither the administrators who decided nor where they were",
  async (world) => {
    const { ann, bob } = await couple(world);
    const chief = await admin(world);
    const report = { userId: bob.id, reason: "spam" };
    const made = await world.send("POST", "/api/users/report", report, ann);
    const resolve = `/api/admin/reports/${made.body.id}/resolve`;
    await world.send("POST", resolve, { decision: "warned" }, chief);
    for (const path of ["suspend", "unsuspend"]) {
      const body = path === "suspend" ? { reason: "spam" } : {};
      const done = await world.send("POST", `/api/admin/users/${ann.id}/${path}`, body, chief);
      assert.equal(done.status, 200);
    }
    const { body: { accessToken: token } } = await world.login("ann");
    const { body } = await world.send("GET", "/api/users/export", undefined, { token });
    const origins = body.audit.map((entry: Record<string, unknown>) => {
      const whose = entry.actorId === ann.id ? "own" : "of others";
      return `${whose} ${entry.address !== null} ${entry.userAgent !== null}`;
    });
    assert.deepEqual([...new Set(origins)].sort(), ["of others false false", "own true true"]);
    assert.notEqual(body.reportsMade[0].resolvedAt, null);
    assert.ok(!("resolvedBy" in body.reportsMade[0]), JSON.stringify(body.reportsMade));
  },
  ADMIN,
);

test("a group's admins can read the changes of members and roles", async (world) => {
  const { ann, bob, chatId, groupId } = await couple(world);
  const role = { userId: bob.id, role: "admin" };
  const path = `/api/groups/${groupId}/audit`;
  assert.equal((await world.send("GET", path, undefined, bob)).status, 403);
  await world.send("PUT", `/api/groups/${groupId}/admin`, role, ann);
  await world.send("DELETE", `/api/groups/${groupId}/members/${ann.id}`, undefined, ann);
  const { status, body } = await world.send("GET", path, undefined, bob);
  assert.equal(status, 200);
  const seen = body.items.map((entry: Record<string, unknown>) => [
    entry.action,
    entry.actorId === ann.id,
    entry.userId === bob.id ? "bob" : entry.userId === ann.id ? "ann" : null,
    entry.address,
  ]);
  assert.deepEqual(seen, [
    ["member.left", true, "ann", null],
    ["member.role_changed", true, "bob", null],
    ["member.role_changed", true, "bob", null],
    ["member.added", true, "bob", null],
    ["group.created", true, null, null],
  ]);
  const pages: number[] = [];
  for (let cursor = "", read = 0; cursor !== null && read < 9; read++) {
    const page = `${path}?limit=2${cursor && `&cursor=${cursor}`}`;
    const { items, next } = (await world.send("GET", page, undefined, bob)).body;
    pages.push(items.length);
    cursor = next;
  }
  assert.deepEqual(pages, [2, 2, 1]);
  assert.equal((await world.send("GET", path, undefined, ann)).status, 404, "she has left");
  const carl = await world.register("carl");
  const inDirect = `/api/groups/${chatId}/audit`;
  for (const [at, reader] of [[path, carl], [inDirect, carl], [inDirect, bob]] as const) {
    assert.equal((await world.send("GET", at, undefined, reader)).status, 404);
  }
});

test(
  "blocking a blocked user again changes nothing, even at the limit of blocks",
  async (world) => {
    const { ann, bob } = await couple(world);
    const carol = await world.register("carol");
    const block = async ({ id: userId }: { id: string }) =>
      (await world.send("POST", "/api/users/block", { userId }, ann)).status;
    assert.deepEqual([await block(bob), await block(bob), await block(carol)], [200, 200, 409]);
    const { body } = await world.send("GET", "/api/audit", undefined, ann);
    const actions = body.items.map(({ action }: { action: string }) => action);
    assert.equal(actions.filter((action: string) => action === "user.blocked").length, 1);
  },
  { LIMIT_BLOCKS: "1" },
);
