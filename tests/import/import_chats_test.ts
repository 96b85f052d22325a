import assert from "node:assert/strict";
import { testedStores } from "../support/tested_stores.ts";
import { ImportWorld } from "./import_world.ts";
import { aGroup, aMessage, aPerson, at } from "./lines.ts";

const SEVERAL = Array.from({ length: 700 }, (_, i) => `p${i}`);

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${name}: a large group gets all of its members, and those of a later line`,
    ignore,
    fn: async () => {
      await using world = await ImportWorld.start(environment());
      const people = SEVERAL.map((id) => aPerson(id));
      const first = await world.import([...people, aGroup("large", SEVERAL.slice(0, 650))]);
      assert.deepEqual([first.code, first.refused], [0, []]);
      const second = await world.import([aGroup("large", ["p0", ...SEVERAL.slice(640)])]);
      assert.equal(second.code, 0);
      await world.store(async (store) => {
        const chat = (await store.chats.byExternalId("large"))!;
        const members = await store.memberships.ofChat(chat.id);
        assert.deepEqual([chat.memberCount, members.length], [700, 700]);
        assert.equal(members.filter(({ role }) => role === "owner").length, 1);
      });
    },
  });
}

Deno.test("limits of chats refuse their lines", async () => {
  await using world = await ImportWorld.start({
    LIMIT_GROUP_MEMBERS: "3",
    LIMIT_CHATS_PER_USER: "2",
    LIMIT_PINS: "1",
  });
  const direct = { type: "chat", kind: "direct", createdAt: at(1) };
  const [ann, ben] = [{ person: "ann" }, { person: "ben" }];
  const { refused } = await world.import([
    ...["ann", "ben", "cem", "dee"].map((name) => aPerson(name)),
    aGroup("four", ["ann", "ben", "cem", "dee"]),
    aGroup("three", ["ann", "ben", "cem", { person: "dee", leftAt: at(2) }]),
    { ...direct, externalId: "d1", members: [ann, ben] },
    { ...direct, externalId: "d2", members: [ben, ann] },
    aGroup("third", ["ann"]),
    { ...direct, externalId: "three", members: [{ person: "cem" }, { person: "dee" }] },
    { ...direct, externalId: "d3", members: [ann] },
    aGroup("owners", [{ person: "cem", role: "owner" }, { person: "dee", role: "owner" }]),
    aMessage("three", "ann", { pinnedAt: at(3) }),
    aMessage("three", "ann", { pinnedAt: at(3) }),
  ]);
  const reasons = Object.fromEntries(refused.map((line) => line.split(/(?<=^line \d+): /)));
  assert.match(reasons["line 5"], /it would have 4 members of 3/);
  assert.match(reasons["line 8"], /these two people have the chat d1 already/);
  assert.match(reasons["line 9"], /are in the maximum number of chats/);
  assert.match(reasons["line 10"], /it exists as a group chat/);
  assert.match(reasons["line 11"], /members must be two people for a direct chat/);
  assert.match(reasons["line 12"], /members must have one owner/);
  assert.match(reasons["line 14"], /maximum number of pinned messages/);
  assert.equal(refused.length, 7);
});

Deno.test("a username that is taken or reserved is replaced, and a person who is there stays", async () => {
  await using world = await ImportWorld.start();
  const people = await world.app.people("ann");
  const lines = [
    aPerson("p1", { name: "Ann", username: "ann" }),
    aPerson("p2", { name: "The Admin", username: "admin" }),
  ];
  assert.equal((await world.import(lines)).code, 0);
  await world.backend.put("/api/server/users/p1", { name: "Renamed" });
  assert.equal((await world.import(lines)).code, 0);
  const [first, second] = await Promise.all(["p1", "p2"].map(async (id) => {
    return (await world.backend.get(`/api/server/users/${id}`)).body.user;
  }));
  assert.equal(first.displayName, "Renamed");
  assert.notEqual(first.username, people.ann.username);
  assert.notEqual(second.username, "admin");
});
