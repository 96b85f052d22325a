import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Identity } from "../../../src/model/identity.ts";
import type { OneTimePurpose } from "../../../src/model/one_time_token.ts";
import type { Session } from "../../../src/model/session.ts";
import type { User } from "../../../src/model/user.ts";
import type { AccountChange } from "../../../src/store/account_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { duplicateOf } from "./duplicates.ts";
import { anAuditEntry, anIdentity, aPushDevice, aSession, aUser, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

const AT = T0 + 100;
const ALL = { before: null, limit: 100 };

export function accountContract(test: ContractTest): void {
  test("change decides by the current account", async (store) => {
    const { user, identity, sessions } = await storedAccount(store);
    await store.sessions.create(aSession({ userId: user.id, endedAt: T0, endReason: "logout" }));
    await store.sessions.create(aSession({ userId: user.id, expiresAt: AT }));
    const changed = await store.accounts.change(user.id, AT, (account) => {
      const recent = sessions.toSorted((a, b) => a.id < b.id ? 1 : -1);
      assert.deepEqual(account, { user, identities: [identity], sessions: recent });
      return {};
    });
    assert.deepEqual(changed, { user: { ...user, updatedAt: AT }, removedDevices: [] });
  });

  test("change moves updatedAt on, also twice at one time and by a clock that is behind", async (store) => {
    const user = aUser();
    await store.users.create(user);
    const seen: number[] = [];
    for (const at of [AT, AT, AT - 9, AT + 1, AT + 7]) {
      const changed = await store.accounts.change(user.id, at, () => ({}));
      seen.push(changed!.user.updatedAt - AT);
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 7]);
    assert.equal((await store.users.byId(user.id))!.updatedAt, AT + 7);
  });

  test("change writes all its parts, and leaves the rest", async (store) => {
    const { user, identity, sessions: [ended, kept] } = await storedAccount(store);
    const device = {
      id: newId(),
      userId: user.id,
      name: "",
      signatureKey: "",
      createdAt: T0,
    };
    await store.devices.create(device, Infinity);
    await store.pushDevices.put(aPushDevice({ userId: user.id }), Infinity);
    const [reset, verify] = [aToken(user.id, "reset_password"), aToken(user.id, "verify_email")];
    for (const token of [reset, verify]) await store.oneTimeTokens.create(token);
    const link = anIdentity({ userId: user.id, provider: "facebook" });
    const entry = anAuditEntry({ userId: user.id });
    const changed = await store.accounts.change(user.id, AT, () => ({
      user: { username: "renamed", usernameKey: "renamed", recoveryCodes: ["h"] },
      link,
      unlink: ["google"],
      endSessions: { ids: [ended.id], reason: "suspended" },
      deleteTokens: ["reset_password"],
      deleteDevices: true,
      entry,
    }));
    const after = { username: "renamed", usernameKey: "renamed", recoveryCodes: ["h"] };
    const expected = { ...user, ...after, updatedAt: AT };
    assert.deepEqual(changed, { user: expected, removedDevices: [device] });
    assert.deepEqual(await store.users.byUsernameKey("renamed"), expected);
    assert.deepEqual(await store.identities.ofUser(user.id), [link]);
    assert.equal(await store.identities.find("google", identity.subject), null);
    assert.deepEqual(await store.sessions.activeOf(user.id, AT), [kept]);
    const { endedAt, endReason } = (await store.sessions.byId(ended.id))!;
    assert.deepEqual([endedAt, endReason], [AT, "suspended"]);
    assert.equal(await store.oneTimeTokens.byId(reset.id, T0), null);
    assert.deepEqual(await store.oneTimeTokens.byId(verify.id, T0), verify);
    assert.deepEqual(await store.devices.ofUsers([user.id]), []);
    assert.deepEqual(await store.pushDevices.ofUser(user.id), []);
    assert.deepEqual(await store.audit.ofUser(user.id, ALL), [entry]);
  });

  const bob = aUser({ username: "bob" });
  const bobs = anIdentity({ userId: bob.id });
  const refused: Record<string, [AccountChange, ReturnType<typeof duplicateOf>]> = {
    "a taken name": [{ user: { usernameKey: "bob" } }, duplicateOf("username")],
    "a taken address": [{ user: { emailKey: bob.emailKey } }, duplicateOf("email")],
    "a provider's account of somebody": [{
      link: { ...bobs, id: newId(), provider: "google" },
      unlink: ["google"],
    }, duplicateOf("identity")],
    "a second account of a provider": [{ link: anIdentity() }, duplicateOf("provider")],
  };

  for (const [what, [change, error]] of Object.entries(refused)) {
    test(`change rejects ${what}, and writes nothing`, async (store) => {
      const before = await storedAccount(store);
      const { id: userId } = before.user;
      await store.users.create(bob, { identity: bobs });
      const link = change.link && { ...change.link, userId };
      const rest = {
        endSessions: { ids: [before.sessions[0].id], reason: "suspended" as const },
        entry: anAuditEntry({ userId }),
      };
      await assert.rejects(
        store.accounts.change(userId, AT, () => ({ ...change, ...rest, link })),
        error,
      );
      await assertUntouched(store, before);
    });
  }

  test("change writes nothing when the decision throws", async (store) => {
    const before = await storedAccount(store);
    const refusal = new Error("no");
    const refuse = () => {
      throw refusal;
    };
    await assert.rejects(store.accounts.change(before.user.id, AT, refuse), refusal);
    await assertUntouched(store, before);
  });

  test("change skips missing and erased users, without a decision", async (store) => {
    const erased = aUser({ deletedAt: T0 });
    await store.users.create(erased);
    const decide = () => assert.fail("there is nothing to decide");
    assert.equal(await store.accounts.change(newId(), AT, decide), null);
    assert.equal(await store.accounts.change(erased.id, AT, decide), null);
    assert.deepEqual(await store.users.byId(erased.id), erased);
  });
}

interface StoredAccount {
  user: User;
  identity: Identity;
  sessions: Session[];
}

async function storedAccount(store: Store): Promise<StoredAccount> {
  const user = aUser();
  const identity = anIdentity({ userId: user.id });
  const sessions = [aSession({ userId: user.id }), aSession({ userId: user.id })];
  await store.users.create(user, { identity });
  for (const session of sessions) await store.sessions.create(session);
  return { user, identity, sessions };
}

async function assertUntouched(store: Store, { user, identity, sessions }: StoredAccount) {
  assert.deepEqual(await store.users.byId(user.id), user);
  assert.deepEqual(await store.users.byUsernameKey(user.usernameKey), user);
  assert.deepEqual(await store.identities.ofUser(user.id), [identity]);
  for (const session of sessions) {
    assert.deepEqual(await store.sessions.byId(session.id), session);
  }
  assert.deepEqual(await store.audit.ofUser(user.id, ALL), []);
}

function aToken(userId: string, purpose: OneTimePurpose) {
  const times = { createdAt: T0, expiresAt: T0 + 1_000 };
  return { id: newId(), purpose, userId, data: {}, attemptsLeft: 1, ...times };
}
