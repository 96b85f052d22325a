import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { anIdentity, aUser, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function identityContract(test: ContractTest): void {
  test("an identity is found by provider and subject, and by its user", async (store) => {
    const user = aUser();
    const google = anIdentity({ userId: user.id });
    const facebook = { ...google, id: newId(), provider: "facebook" as const };
    await store.users.create(user, { identity: google });
    await store.accounts.change(user.id, T0, () => ({ link: facebook }));
    assert.deepEqual(await store.identities.find("google", google.subject), google);
    assert.equal(await store.identities.find("google", "someone else"), null);
    assert.deepEqual(await store.identities.ofUser(user.id), [facebook, google]);
    assert.deepEqual(await store.identities.ofUser(newId()), []);
    const both = ["google", "facebook"] as const;
    await store.accounts.change(user.id, T0, () => ({ unlink: [...both] }));
    assert.deepEqual(await store.identities.ofUser(user.id), []);
    assert.equal(await store.identities.find("google", google.subject), null);
  });
}
