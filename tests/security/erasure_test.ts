import assert from "node:assert/strict";
import { aUser } from "../contract/store/rows.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

attack(
  REST,
  "no one can keep another person from erasing their account, or take a server's address",
  async (app) => {
    const { ann } = await app.people("ann");
    const store = await app.openStore();
    const taken = [
      `deleted-${ann.id}@deleted.invalid`,
      `DELETED-${ann.id}@Deleted.INVALID`,
      "x@sub.deleted.invalid",
      "x@bot.invalid",
      "x@bot.ｉnvalid",
    ];
    for (const [i, email] of taken.entries()) {
      const account = { username: `mallory${i}`, email, password: "a long passphrase of hers" };
      const { status, body } = await app.client().post("/api/auth/register", account);
      assert.deepEqual([status, body.errors?.[0].path], [400, "email"], email);
    }
    await store.sessions.setAuthenticatedAt(ann.sessionId, app.clock.now());
    const erased = await app.client(ann).delete("/api/users/profile", {});
    assert.equal(erased.status, 204, JSON.stringify(erased.body));
    assert.notEqual((await store.users.byId(ann.id))!.deletedAt, null);
    await store.close();
    assert.deepEqual(app.log, []);
  },
);

attack(
  REST,
  "an account that took a server's address before an upgrade keeps no one from erasing theirs",
  async (app) => {
    const { ann } = await app.people("ann");
    const store = await app.openStore();
    const taken = aUser({ username: "mallory", email: `deleted-${ann.id}@deleted.invalid` });
    await store.users.create(taken);
    await store.sessions.setAuthenticatedAt(ann.sessionId, app.clock.now());
    const erased = await app.client(ann).delete("/api/users/profile", {});
    assert.equal(erased.status, 204, JSON.stringify(erased.body));
    const { deletedAt, email, username } = (await store.users.byId(ann.id))!;
    assert.notEqual(deletedAt, null);
    assert.ok(!`${email} ${username}`.includes("ann"));
    assert.equal((await store.users.byEmailKey(taken.emailKey))!.id, taken.id);
    await store.close();
    assert.deepEqual(app.log, []);
  },
);
