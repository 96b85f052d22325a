import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { User } from "../../../src/model/user.ts";
import type { UserSearch } from "../../../src/store/user_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { duplicateOf } from "./duplicates.ts";
import { anAuditEntry, anIdentity, aUser, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function userContract(test: ContractTest): void {
  test("a user is returned as stored, by id, username and e-mail", async (store) => {
    const user = fullUser();
    await store.users.create(user);
    assert.deepEqual(await store.users.byId(user.id), user);
    assert.deepEqual(await store.users.byUsernameKey("änne"), user);
    assert.deepEqual(await store.users.byEmailKey("anne@example.org"), user);
  });

  test("a missing user is null", async (store) => {
    await store.users.create(aUser());
    assert.equal(await store.users.byId(newId()), null);
    assert.equal(await store.users.byUsernameKey("nobody"), null);
    assert.equal(await store.users.byEmailKey("nobody@example.org"), null);
    assert.equal(await store.users.update(newId(), { bio: "x" }), null);
    assert.equal(await store.users.useTotpStep(newId(), 1), false);
  });

  test("byIds returns existing users, once each", async (store) => {
    const users = [aUser(), aUser(), aUser()];
    for (const user of users) await store.users.create(user);
    const [a, b] = users;
    const found = await store.users.byIds([a.id, newId(), b.id, a.id]);
    assert.deepEqual(found.map(({ id }) => id).sort(), [a.id, b.id].sort());
    assert.deepEqual(await store.users.byIds([]), []);
  });

  test("shadowed lists the most recently shadowed users, without erased ones", async (store) => {
    const times = [T0, null, T0 + 5, T0 + 9];
    const users = times.map((shadowedAt) => aUser({ shadowedAt }));
    users[3].deletedAt = T0 + 10;
    for (const user of users) await store.users.create(user);
    assert.deepEqual(await store.users.shadowed(10), [users[2].id, users[0].id]);
    assert.deepEqual(await store.users.shadowed(1), [users[2].id]);
    await store.users.update(users[2].id, { shadowedAt: null });
    assert.deepEqual(await store.users.shadowed(10), [users[0].id]);
  });

  test("newest lists users by creation, in pages, without erased ones", async (store) => {
    const times = [T0, T0 + 5, T0 + 5, T0 + 9, T0 + 12];
    const users = times.map((createdAt) => aUser({ createdAt }));
    const suspension = { at: T0, until: null, reason: "spam", byUserId: null };
    users[1].suspension = suspension;
    users[3].deactivatedAt = T0;
    users[0].suspension = suspension;
    users[0].deactivatedAt = T0;
    users[4].deletedAt = T0 + 20;
    for (const user of users) await store.users.create(user);
    const [a, b, c, d] = users;
    const first = { before: null, from: null, suspended: false, limit: 10 };
    assert.deepEqual(await store.users.newest(first), [d, c, b, a]);
    assert.deepEqual(await store.users.newest({ ...first, limit: 2 }), [d, c]);
    assert.deepEqual(await store.users.newest({ ...first, before: c }), [b, a]);
    assert.deepEqual(await store.users.newest({ ...first, before: d, from: T0 + 5 }), [c, b]);
    const until = { createdAt: T0 + 5, id: "" };
    assert.deepEqual(await store.users.newest({ ...first, before: until }), [a]);
    const out = { ...first, suspended: true };
    assert.deepEqual(await store.users.newest(out), [d, b, a]);
    assert.deepEqual(await store.users.newest({ ...out, before: d, limit: 1 }), [b]);
    assert.deepEqual(await store.users.newest({ ...out, from: T0 + 6 }), [d]);
  });

  test("a taken username or e-mail is rejected, and nothing is written", async (store) => {
    await store.users.create(aUser({ username: "ann" }));
    const again = aUser({ username: "ann", email: "other@example.org" });
    await assert.rejects(store.users.create(again), duplicateOf("username"));
    const sameMail = aUser({ username: "other", email: "ann@example.org" });
    await assert.rejects(store.users.create(sameMail), duplicateOf("email"));
    const sameBoth = aUser({ username: "ann", email: "ann@example.org" });
    await assert.rejects(store.users.create(sameBoth), duplicateOf("username"));
    assert.deepEqual(await store.users.byIds([again.id, sameMail.id, sameBoth.id]), []);
    assert.deepEqual(await search(store, "other"), []);
  });

  test("a user is found and listed by external id, which only one user has", async (store) => {
    const [b, a] = ["own:b", "own:a"].map((externalId) => aUser({ externalId }));
    for (const user of [b, aUser(), a]) await store.users.create(user);
    assert.deepEqual(await store.users.byExternalId("own:a"), a);
    assert.equal(await store.users.byExternalId("own:c"), null);
    assert.deepEqual(await store.users.external({ after: null, limit: 10 }), [a, b]);
    assert.deepEqual(await store.users.external({ after: "own:a", limit: 1 }), [b]);
    const again = aUser({ externalId: "own:a" });
    await assert.rejects(store.users.create(again), duplicateOf("externalId"));
    assert.equal(await store.users.byId(again.id), null);
    await assert.rejects(
      store.users.update(b.id, { externalId: "own:a" }),
      duplicateOf("externalId"),
    );
    assert.deepEqual(await store.users.byExternalId("own:b"), b);
    // An erased person's external id is free again.
    await store.users.update(a.id, { externalId: null, deletedAt: T0 });
    await store.users.create(again);
    assert.deepEqual(await store.users.byExternalId("own:a"), again);
  });

  test("of concurrent users with one external id, one is created", async (store, { second }) => {
    const other = await second();
    const made = await Promise.allSettled(
      [store, other, store, other].map((each) => each.users.create(aUser({ externalId: "own" }))),
    );
    assert.equal(made.filter(({ status }) => status === "fulfilled").length, 1);
  });

  test("update sets the given fields, keeps the rest, and returns the row", async (store) => {
    const user = fullUser();
    await store.users.create(user);
    const patch = {
      displayName: "Zoë",
      suspension: null,
      lastSeenHidden: false,
      updatedAt: T0 + 9,
    };
    const updated = await store.users.update(user.id, patch);
    assert.deepEqual(updated, { ...user, ...patch });
    assert.deepEqual(await store.users.byId(user.id), updated);
    assert.deepEqual(await store.users.update(user.id, {}), updated);
  });

  test("markSeen moves the time forward only, and leaves erased and missing users alone", async (store) => {
    const [ann, bob] = [aUser(), aUser({ deletedAt: T0 })];
    for (const user of [ann, bob]) await store.users.create(user);
    await Promise.all([ann.id, bob.id, newId()].map((id) => store.users.markSeen(id, T0 + 2)));
    await store.users.markSeen(ann.id, T0 + 1);
    assert.deepEqual(await store.users.byId(ann.id), { ...ann, lastSeenAt: T0 + 2 });
    assert.deepEqual(await store.users.byId(bob.id), bob);
  });

  test("an erased user is not changed", async (store) => {
    const erased = aUser({ username: "deleted-1", deletedAt: T0 });
    await store.users.create(erased);
    assert.equal(await store.users.update(erased.id, { bio: "x" }), null);
    assert.equal(await store.users.update(erased.id, { displayName: "x" }), null);
    assert.equal(await store.users.update(erased.id, {}), null);
    assert.deepEqual(await store.users.byId(erased.id), erased);
  });

  test("a user exists until they are erased", async (store) => {
    const [ann, erased] = [aUser(), aUser({ username: "deleted-1", deletedAt: T0 })];
    for (const user of [ann, erased]) await store.users.create(user);
    const asked = [ann.id, erased.id, newId()];
    assert.deepEqual(await Promise.all(asked.map((id) => store.users.exists(id))), [
      true,
      false,
      false,
    ]);
    await store.users.update(ann.id, { deletedAt: T0 });
    assert.equal(await store.users.exists(ann.id), false);
  });

  test("a user is stored with their provider's account and their audit entry, or not at all", async (store) => {
    const user = aUser();
    const identity = anIdentity({ userId: user.id });
    const entry = anAuditEntry({ userId: user.id });
    await store.users.create(user, { identity, entry });
    assert.deepEqual(await store.identities.ofUser(user.id), [identity]);
    assert.deepEqual(await store.audit.ofUser(user.id, { before: null, limit: 9 }), [entry]);
    const other = aUser();
    const taken = {
      identity: anIdentity({ userId: other.id, subject: identity.subject }),
      entry: anAuditEntry({ userId: other.id }),
    };
    await assert.rejects(store.users.create(other, taken), duplicateOf("identity"));
    assert.equal(await store.users.byId(other.id), null);
    assert.equal(await store.users.byUsernameKey(other.usernameKey), null);
    assert.deepEqual(await store.audit.ofUser(other.id, { before: null, limit: 9 }), []);
    await store.users.create(other);
  });

  test("update to a taken key is rejected and changes nothing", async (store) => {
    const ann = aUser({ username: "ann" }), bob = aUser({ username: "bob" });
    await store.users.create(ann);
    await store.users.create(bob);
    const name = { username: "Ann", usernameKey: "ann", bio: "changed" };
    await assert.rejects(store.users.update(bob.id, name), duplicateOf("username"));
    const mail = { email: ann.email, emailKey: ann.emailKey, bio: "changed" };
    await assert.rejects(store.users.update(bob.id, mail), duplicateOf("email"));
    await assert.rejects(store.users.update(bob.id, { ...mail, ...name }), duplicateOf("username"));
    assert.deepEqual(await store.users.byId(bob.id), bob);
    await store.users.update(ann.id, { username: "ANN", usernameKey: "ann" });
    assert.equal((await store.users.byId(ann.id))?.username, "ANN");
  });

  test("a freed username can be taken", async (store) => {
    const ann = aUser({ username: "ann" });
    await store.users.create(ann);
    await store.users.update(ann.id, { username: "gone", usernameKey: "gone" });
    await store.users.create(aUser({ username: "ann", email: "new@example.org" }));
    assert.equal((await store.users.byUsernameKey("gone"))?.id, ann.id);
  });

  test("useTotpStep accepts a step once", async (store) => {
    const user = fullUser();
    await store.users.create(user);
    assert.equal(await store.users.useTotpStep(user.id, 7), false);
    assert.equal(await store.users.useTotpStep(user.id, 6), false);
    assert.equal(await store.users.useTotpStep(user.id, 8), true);
    assert.equal(await store.users.useTotpStep(user.id, 8), false);
    const expected = { ...user, totp: { ...user.totp!, lastStep: 8 } };
    assert.deepEqual(await store.users.byId(user.id), expected);
  });

  test("useTotpStep accepts no step without a second factor", async (store) => {
    const user = aUser();
    await store.users.create(user);
    assert.equal(await store.users.useTotpStep(user.id, 1), false);
    assert.deepEqual(await store.users.byId(user.id), user);
  });

  searchTests(test);
}

function searchTests(test: ContractTest): void {
  test("search finds the start of any word of the names, in order of usernameKey", async (store) => {
    await named(store, { zed: "Ann Smith", anna: "Somebody", bob: "Smithson, Joanna", an_x: "" });
    assert.deepEqual(await search(store, "an"), ["an_x", "anna", "zed"]);
    assert.deepEqual(await search(store, "smith"), ["bob", "zed"]);
    assert.deepEqual(await search(store, "SMITHS"), ["bob"]);
    assert.deepEqual(await search(store, "nn"), []);
  });

  test("search requires all words, the last one possibly unfinished", async (store) => {
    await named(store, { zed: "Ann Smith", anna: "Ann Miller" });
    assert.deepEqual(await search(store, "ann smi"), ["zed"]);
    assert.deepEqual(await search(store, "an smith"), []);
  });

  test("search finds no user without words", async (store) => {
    await named(store, { zed: "Ann Smith" });
    for (const prefix of ["", " ", "%", ".*", "^", "_", '"', "*"]) {
      assert.deepEqual(await search(store, prefix), [], prefix);
    }
  });

  test("search folds accents and reads names without spaces", async (store) => {
    await named(store, { a1: "Łukasz Müller", b1: "田中さくら", c1: "محمد", d1: "Đặng Thị" });
    assert.deepEqual(await search(store, "lukasz mull"), ["a1"]);
    assert.deepEqual(await search(store, "MÜLLER"), ["a1"]);
    assert.deepEqual(await search(store, "田中"), ["b1"]);
    assert.deepEqual(await search(store, "さくら"), ["b1"]);
    assert.deepEqual(await search(store, "محم"), ["c1"]);
    assert.deepEqual(await search(store, "dang"), ["d1"]);
  });

  test("search excludes users who have blocked the searcher, and erased ones", async (store) => {
    const [a, b, c] = await named(store, { pat1: "", pat2: "", pat3: "" });
    await store.users.update(b.id, { deletedAt: T0 });
    const hiddenFrom = newId();
    await store.blocks.add({ blockerId: c.id, blockedId: hiddenFrom, createdAt: T0 }, Infinity);
    await store.blocks.add({ blockerId: hiddenFrom, blockedId: a.id, createdAt: T0 }, Infinity);
    assert.deepEqual(await search(store, "pat", { hiddenFrom }), ["pat1"]);
    assert.deepEqual(await search(store, "pat", { hiddenFrom: newId() }), ["pat1", "pat3"]);
    await store.users.update(a.id, { displayName: "Renamed", username: "ren", usernameKey: "ren" });
    assert.deepEqual(await search(store, "pat"), ["pat3"]);
    assert.deepEqual(await search(store, "rename"), ["ren"]);
  });

  test("search continues after a key", async (store) => {
    await named(store, { pat1: "", pat2: "", pat3: "", pat4: "" });
    assert.deepEqual(await search(store, "pat", { limit: 3 }), ["pat1", "pat2", "pat3"]);
    assert.deepEqual(await search(store, "pat", { limit: 3, after: "pat3" }), ["pat4"]);
    assert.deepEqual(await search(store, "pat", { limit: 3, after: "pat4" }), []);
  });

  test("withRole returns users with the role, in order of their names, without erased ones", async (store) => {
    const role = "admin" as const;
    const [zoe, ann] = [aUser({ username: "zoe", role }), aUser({ username: "ann", role })];
    const erased = aUser({ username: "gone", role, deletedAt: T0 });
    for (const user of [zoe, aUser({ username: "bob" }), ann, erased]) {
      await store.users.create(user);
    }
    assert.deepEqual(await store.users.withRole("admin"), [ann, zoe]);
  });
}

function fullUser(): User {
  return aUser({
    username: "Änne",
    usernameKey: "änne",
    email: "Anne@Example.org",
    emailKey: "anne@example.org",
    emailVerifiedAt: T0 + 1,
    passwordHash: "$2b$12$x",
    displayName: "Änne 🎈",
    bio: "line\nline",
    avatarMediaId: newId(),
    status: { state: "busy", text: "writing" },
    lastSeenAt: T0 + 2,
    lastSeenHidden: true,
    role: "admin",
    suspension: { at: T0, until: null, reason: "spam", byUserId: newId() },
    totp: { sealedSecret: "sealed", enabledAt: T0, lastStep: 7 },
    recoveryCodes: ["h1", "h2"],
  });
}

async function named(store: Store, names: Record<string, string>): Promise<User[]> {
  const users = Object.entries(names).map(([username, displayName]) =>
    aUser({ username, displayName })
  );
  for (const user of users) await store.users.create(user);
  return users;
}

async function search(
  store: Store,
  prefix: string,
  query: Partial<UserSearch> = {},
): Promise<string[]> {
  const { users } = await store.users.search({
    prefix,
    hiddenFrom: null,
    after: null,
    limit: 20,
    ...query,
  });
  return users.map(({ username }) => username);
}
