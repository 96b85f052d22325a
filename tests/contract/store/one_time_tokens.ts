import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { OneTimeToken } from "../../../src/model/one_time_token.ts";
import { duplicateOf } from "./duplicates.ts";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function oneTimeTokenContract(test: ContractTest): void {
  test("a token is returned as stored, until it expires", async (store) => {
    const token = aToken({ data: { email: "ann@example.org", $gt: "" } });
    await store.oneTimeTokens.create(token);
    assert.deepEqual(await store.oneTimeTokens.byId(token.id, T0), token);
    assert.equal(await store.oneTimeTokens.byId(token.id, token.expiresAt), null);
    assert.equal(await store.oneTimeTokens.byId("missing", T0), null);
    await assert.rejects(store.oneTimeTokens.create(token), duplicateOf("id"));
  });

  test("consume works once, and not after the token has expired", async (store) => {
    const token = aToken(), late = aToken();
    await store.oneTimeTokens.create(token);
    await store.oneTimeTokens.create(late);
    assert.deepEqual(await store.oneTimeTokens.consume(token.id, T0), token);
    assert.equal(await store.oneTimeTokens.consume(token.id, T0), null);
    assert.equal(await store.oneTimeTokens.consume(late.id, late.expiresAt), null);
  });

  test("of concurrent calls of consume, one gets the token", async (store) => {
    const token = aToken();
    await store.oneTimeTokens.create(token);
    const takes = Array.from({ length: 8 }, () => store.oneTimeTokens.consume(token.id, T0));
    const got = (await Promise.all(takes)).filter((row) => row !== null);
    assert.equal(got.length, 1);
  });

  test("each attempt is counted, also concurrently, and the last one deletes the token", async (store) => {
    const token = aToken({ attemptsLeft: 3 });
    await store.oneTimeTokens.create(token);
    const tries = Array.from({ length: 8 }, () => store.oneTimeTokens.attempt(token.id, T0));
    const left = (await Promise.all(tries)).map((row) => row?.attemptsLeft ?? null);
    assert.deepEqual(left.filter((n) => n !== null).sort(), [0, 1, 2]);
    assert.equal(await store.oneTimeTokens.byId(token.id, T0), null);
    assert.equal(await store.oneTimeTokens.attempt("missing", T0), null);
  });

  test("deleteForUser deletes a user's tokens, all or of some purposes", async (store) => {
    const userId = newId();
    const [verify, reset, other] = [
      aToken({ userId }),
      aToken({ userId, purpose: "reset_password" }),
      aToken(),
    ];
    for (const token of [verify, reset, other]) await store.oneTimeTokens.create(token);
    assert.equal(await store.oneTimeTokens.deleteForUser(userId, ["reset_password"]), 1);
    assert.deepEqual(await store.oneTimeTokens.byId(verify.id, T0), verify);
    assert.equal(await store.oneTimeTokens.deleteForUser(userId), 1);
    assert.deepEqual(await store.oneTimeTokens.byId(other.id, T0), other);
  });

  test("purge deletes tokens that expired before", async (store) => {
    const old = aToken({ expiresAt: T0 + 1 }), fresh = aToken({ expiresAt: T0 + 2 });
    await store.oneTimeTokens.create(old);
    await store.oneTimeTokens.create(fresh);
    assert.equal(await store.oneTimeTokens.purge(T0 + 2), 1);
    assert.equal(await store.oneTimeTokens.byId(old.id, T0), null);
    assert.deepEqual(await store.oneTimeTokens.byId(fresh.id, T0), fresh);
  });
}

function aToken(fields: Partial<OneTimeToken> = {}): OneTimeToken {
  return {
    id: crypto.randomUUID(),
    purpose: "verify_email",
    userId: newId(),
    data: {},
    attemptsLeft: 5,
    createdAt: T0,
    expiresAt: T0 + 1000,
    ...fields,
  };
}
