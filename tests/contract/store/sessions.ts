import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { RefreshRotation } from "../../../src/store/session_store.ts";
import { duplicateOf } from "./duplicates.ts";
import { aSession, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function sessionContract(test: ContractTest): void {
  test("a session is returned as stored; a missing one is null", async (store) => {
    const session = aSession({ endedAt: T0 + 5, endReason: "logout" });
    await store.sessions.create(session);
    assert.deepEqual(await store.sessions.byId(session.id), session);
    assert.equal(await store.sessions.byId(newId()), null);
    await assert.rejects(store.sessions.create(session), duplicateOf("id"));
  });

  test("alive returns a session that is neither ended nor expired", async (store) => {
    const [live, ended, expired] = [
      aSession({ expiresAt: T0 + 11 }),
      aSession({ endedAt: T0, endReason: "logout" }),
      aSession({ expiresAt: T0 + 10 }),
    ];
    for (const session of [live, ended, expired]) await store.sessions.create(session);
    const alive = (id: string) => store.sessions.alive(id, T0 + 10);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await alive(live.id), live);
      for (const { id } of [ended, expired, { id: newId() }]) assert.equal(await alive(id), null);
    }
  });

  test("alive finds a session whose expiry was moved by a refresh", async (store) => {
    const session = aSession({ expiresAt: T0 + 60 });
    await store.sessions.create(session);
    assert.notEqual(await store.sessions.alive(session.id, T0), null);
    assert.ok(await store.sessions.rotate(rotationOf(session.id, session.refreshHash)));
    assert.notEqual(await store.sessions.alive(session.id, T0 + 60), null);
  });

  test("activeOf returns the active sessions of the user, most recently used first", async (store) => {
    const userId = newId();
    const [old, recent, ended, expired, other] = [
      aSession({ userId, lastUsedAt: T0 + 1 }),
      aSession({ userId, lastUsedAt: T0 + 2 }),
      aSession({ userId, endedAt: T0, endReason: "logout" }),
      aSession({ userId, expiresAt: T0 + 10 }),
      aSession(),
    ];
    for (const session of [old, recent, ended, expired, other]) {
      await store.sessions.create(session);
    }
    assert.deepEqual(await store.sessions.activeOf(userId, T0 + 10), [recent, old]);
    assert.deepEqual(await store.sessions.activeOf(newId(), T0), []);
  });

  test("rotate moves an active session from the expected hash to the new one", async (store) => {
    const session = aSession();
    await store.sessions.create(session);
    const rotation = rotationOf(session.id, session.refreshHash);
    assert.equal(await store.sessions.rotate(rotation), true);
    assert.deepEqual(await store.sessions.byId(session.id), {
      ...session,
      refreshHash: "next",
      previousHash: session.refreshHash,
      rotatedAt: T0 + 50,
      lastUsedAt: T0 + 50,
      expiresAt: T0 + 2_000,
      address: "192.0.2.2",
      userAgent: "Test/2.0",
    });
    assert.equal(await store.sessions.rotate(rotation), false, "the old hash no longer works");
  });

  test("rotate rejects a session that is missing, ended, expired or has another hash", async (store) => {
    const ended = aSession({ endedAt: T0, endReason: "logout" });
    const expired = aSession({ expiresAt: T0 + 50 });
    const live = aSession();
    for (const session of [ended, expired, live]) await store.sessions.create(session);
    const refused = [
      rotationOf(newId(), "hash"),
      rotationOf(ended.id, ended.refreshHash),
      rotationOf(expired.id, expired.refreshHash),
      rotationOf(live.id, "wrong"),
    ];
    for (const rotation of refused) assert.equal(await store.sessions.rotate(rotation), false);
    for (const session of [ended, expired, live]) {
      assert.deepEqual(await store.sessions.byId(session.id), session);
    }
  });

  test("setAuthenticatedAt records a fresh proof", async (store) => {
    const session = aSession();
    await store.sessions.create(session);
    await store.sessions.setAuthenticatedAt(session.id, T0 + 9);
    assert.equal((await store.sessions.byId(session.id))?.authenticatedAt, T0 + 9);
    await store.sessions.setAuthenticatedAt(newId(), T0);
  });

  test("end returns whether it was active, and keeps the first time and reason", async (store) => {
    const session = aSession(), expired = aSession({ expiresAt: T0 + 1 });
    await store.sessions.create(session);
    await store.sessions.create(expired);
    assert.equal(await store.sessions.end(session.id, T0 + 1, "refresh_reuse"), true);
    assert.equal(await store.sessions.end(session.id, T0 + 2, "logout"), false);
    assert.equal(await store.sessions.end(expired.id, T0 + 1, "logout"), false);
    assert.equal(await store.sessions.end(newId(), T0 + 1, "logout"), false);
    const { endedAt, endReason } = (await store.sessions.byId(session.id))!;
    assert.deepEqual([endedAt, endReason], [T0 + 1, "refresh_reuse"]);
  });

  test("purge deletes sessions that ended or expired before, and returns their number", async (store) => {
    const ended = aSession({ endedAt: T0 + 9, endReason: "logout" });
    const expired = aSession({ expiresAt: T0 + 9 });
    const late = aSession({ endedAt: T0 + 10, endReason: "logout" });
    const live = aSession();
    for (const row of [ended, expired, late, live]) await store.sessions.create(row);
    assert.equal(await store.sessions.purge(T0 + 10), 2);
    assert.equal(await store.sessions.byId(ended.id), null);
    assert.equal(await store.sessions.byId(expired.id), null);
    assert.deepEqual(await store.sessions.byId(late.id), late);
    assert.deepEqual(await store.sessions.byId(live.id), live);
    assert.equal(await store.sessions.purge(T0 + 10), 0);
  });
}

function rotationOf(sessionId: string, expectedHash: string): RefreshRotation {
  return {
    sessionId,
    expectedHash,
    newHash: "next",
    now: T0 + 50,
    expiresAt: T0 + 2_000,
    address: "192.0.2.2",
    userAgent: "Test/2.0",
  };
}
