import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Identity } from "../../../src/model/identity.ts";
import { duplicateOf } from "./duplicates.ts";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function identityContract(test: ContractTest): void {
  test("an identity is found by provider and subject, and by its user", async (store) => {
    const userId = newId();
    const google = anIdentity({ userId });
    const facebook = anIdentity({ userId, provider: "facebook", subject: google.subject });
    await store.identities.add(google);
    await store.identities.add(facebook);
    assert.deepEqual(await store.identities.find("google", google.subject), google);
    assert.equal(await store.identities.find("google", "someone else"), null);
    assert.deepEqual(await store.identities.ofUser(userId), [facebook, google]);
    assert.deepEqual(await store.identities.ofUser(newId()), []);
  });

  test("a provider's account has one user, a user one account of a provider", async (store) => {
    const identity = anIdentity();
    await store.identities.add(identity);
    const taken = anIdentity({ subject: identity.subject });
    await assert.rejects(store.identities.add(taken), duplicateOf("identity"));
    const second = anIdentity({ userId: identity.userId });
    await assert.rejects(store.identities.add(second), duplicateOf("provider"));
    assert.deepEqual(await store.identities.ofUser(identity.userId), [identity]);
  });

  test("what was removed can be added again, by anyone", async (store) => {
    const identity = anIdentity();
    await store.identities.add(identity);
    assert.deepEqual(await store.identities.remove(identity.userId, "google"), identity);
    assert.equal(await store.identities.remove(identity.userId, "google"), null);
    const other = anIdentity({ subject: identity.subject });
    await store.identities.add(other);
    assert.deepEqual(await store.identities.find("google", identity.subject), other);
    assert.equal(await store.identities.removeAllOf(other.userId), 1);
    assert.equal(await store.identities.removeAllOf(other.userId), 0);
  });
}

let count = 0;

function anIdentity(fields: Partial<Identity> = {}): Identity {
  return {
    id: newId(),
    provider: "google",
    subject: `subject${++count}`,
    userId: newId(),
    email: "ann@example.org",
    linkedAt: T0,
    ...fields,
  };
}
