import assert from "node:assert/strict";
import { AccountChanges } from "../../src/auth/account_changes.ts";
import { AuditTrail } from "../../src/audit/audit_trail.ts";
import { idsOf, newId } from "../../src/core/ids.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aSession, aUser, T0 } from "../contract/store/rows.ts";

const clock = { now: () => T0 + 100 };
const ALL = { before: null, limit: 100 };

/** Creates a user with two sessions, and records what the callbacks and the audit receive. */
async function twiceSignedIn() {
  const store = new SqliteStore(":memory:");
  const user = aUser();
  const [here, there] = [aSession({ userId: user.id }), aSession({ userId: user.id })];
  await store.users.create(user);
  for (const session of [here, there]) await store.sessions.create(session);
  const ended: string[] = [];
  const announced: string[] = [];
  const removed: [userId: string, deviceIds: string[]][] = [];
  const audit = new AuditTrail(
    store,
    clock,
    ({ action }) => Promise.resolve(void announced.push(action)),
  );
  const changes = new AccountChanges({
    store,
    audit,
    clock,
    onSessionsEnded: (ids) => void ended.push(...ids),
    onDevicesRemoved: (userId, devices) => void removed.push([userId, idsOf(devices)]),
  });
  const visitor = { transport: "rest" as const, address: "", userAgent: "", requestId: newId() };
  const session = { sessionId: here.id, authenticatedAt: T0, tokenExpiresAt: T0 + 1_000 };
  const caller = { ...visitor, ...session, userId: user.id };
  return {
    store,
    user,
    here,
    there,
    changes,
    caller,
    visitor,
    ended,
    announced,
    removed,
    [Symbol.asyncDispose]: () => store.close(),
  };
}

Deno.test("AccountChanges announces a change, its ended sessions and its audit entry once they are written", async () => {
  await using world = await twiceSignedIn();
  const { store, user, there, changes, caller, ended, announced } = world;
  const changed = await changes.own(caller, () => ({
    user: { passwordHash: "new" },
    endSessions: { ids: [there.id], reason: "credentials_changed" },
    note: { action: "password.changed" },
  }));
  assert.deepEqual([changed.user.passwordHash, changed.endedSessions], ["new", [there.id]]);
  const [{ action, actorId, userId }] = await store.audit.ofUser(user.id, ALL);
  assert.deepEqual([action, actorId, userId], ["password.changed", user.id, user.id]);
  assert.deepEqual([ended, announced], [[there.id], ["password.changed"]]);
});

Deno.test("AccountChanges announces the encryption devices that a change has removed", async () => {
  await using world = await twiceSignedIn();
  const { store, user, changes, caller, removed } = world;
  const device = { id: newId(), userId: user.id, name: "Phone", signatureKey: "k", createdAt: T0 };
  await store.devices.create(device, Infinity);
  await changes.own(caller, () => ({ user: { bio: "hello" } }));
  assert.deepEqual(removed, []);
  await changes.own(caller, () => ({ deleteDevices: true }));
  assert.deepEqual(removed, [[user.id, [device.id]]]);
});

Deno.test("AccountChanges changes nothing for a session that ended while its request was in progress", async () => {
  await using world = await twiceSignedIn();
  const { store, user, changes, caller, visitor, ended, announced } = world;
  await changes.outside(visitor, user.id, ({ sessions }) => ({
    user: { passwordHash: "the owner's" },
    endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
    note: { action: "password.reset" },
  }));
  assert.equal(ended.length, 2);
  const late = () =>
    changes.own(caller, () => ({
      user: { passwordHash: "the thief's" },
      note: { action: "password.changed" },
    }));
  await assert.rejects(late, { code: "unauthenticated" });
  assert.equal((await store.users.byId(user.id))!.passwordHash, "the owner's");
  assert.deepEqual(announced, ["password.reset"]);
  assert.equal((await store.audit.ofUser(user.id, ALL)).length, 1);
});

Deno.test("AccountChanges changes nothing for an ended session, though another one goes on", async () => {
  await using world = await twiceSignedIn();
  const { store, user, changes, caller, visitor } = world;
  await changes.outside(visitor, user.id, () => ({
    endSessions: { ids: [caller.sessionId], reason: "ended_by_user" },
  }));
  assert.equal((await store.sessions.activeOf(user.id, T0)).length, 1);
  const late = () => changes.own(caller, () => ({ user: { passwordHash: "the thief's" } }));
  await assert.rejects(late, { code: "unauthenticated" });
  assert.equal((await store.users.byId(user.id))!.passwordHash, user.passwordHash);
});

Deno.test("AccountChanges announces no refused change, and does not change an erased account", async () => {
  await using world = await twiceSignedIn();
  const { store, user, there, changes, caller, visitor, ended, announced } = world;
  const taken = aUser();
  await store.users.create(taken);
  const toTaken = () =>
    changes.own(caller, () => ({
      user: { usernameKey: taken.usernameKey },
      endSessions: { ids: [there.id], reason: "credentials_changed" },
      note: { action: "username.changed" },
    }));
  await assert.rejects(toTaken, { name: "DuplicateKey" });
  assert.deepEqual([ended, announced], [[], []]);
  await changes.byServer(user.id, () => ({ user: { deletedAt: T0 } }));
  const decide = () => assert.fail("there is nothing to decide");
  assert.equal(await changes.outside(visitor, user.id, decide), null);
  assert.equal(await changes.by(caller, newId(), decide), null);
  await assert.rejects(() => changes.own(caller, decide), { code: "unauthenticated" });
});
