import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { CustomData } from "../../../src/model/custom_data.ts";
import { aBlock, aChange, aMember, aUser, storedChat } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

/** Every kind of value, and texts that a store could interpret. */
const CUSTOM: CustomData = {
  topic: "billing",
  open: true,
  level: 3,
  ratio: 0.1,
  nothing: null,
  texts: ["'; DROP TABLE chats; --", "$where", "a.b", "naïve 🪁"],
  nested: { deep: { deeper: [{ last: 9007199254740991 }] } },
};

export function customDataContract(test: ContractTest): void {
  test("custom data of every entity is returned as stored", async (store) => {
    const user = aUser({ custom: CUSTOM });
    await store.users.create(user);
    assert.deepEqual(await store.users.byId(user.id), user);
    const { chat, members, messages } = await storedChat(store, {
      chat: { custom: CUSTOM },
      members: [{ custom: CUSTOM }],
      messages: [{ custom: CUSTOM, metadata: { type: "custom", userIds: [], by: null } }],
    });
    assert.deepEqual(await store.chats.byId(chat.id), chat);
    assert.deepEqual(await store.memberships.ofChat(chat.id), members);
    assert.deepEqual(await store.messages.byId(messages[0].id), messages[0]);
    assert.equal(JSON.stringify((await store.users.byId(user.id))!.custom), JSON.stringify(CUSTOM));
  });

  test("custom data is replaced as a whole, and removed by null", async (store) => {
    const user = aUser({ custom: CUSTOM });
    await store.users.create(user);
    const replaced = await store.users.update(user.id, { custom: { other: 1 } });
    assert.deepEqual(replaced!.custom, { other: 1 });
    assert.equal((await store.users.update(user.id, { custom: null }))!.custom, null);
    const { chat, members: [member] } = await storedChat(store, {
      chat: { custom: CUSTOM },
      members: [{ custom: CUSTOM }],
    });
    const next = { ...chat, rev: 3, detailsRev: 3, custom: null };
    const change = aChange(chat.rev, next, { members: [{ ...member, rev: 2, custom: { a: 1 } }] });
    assert.equal(await store.chats.commit(change), "committed");
    assert.equal((await store.chats.byId(chat.id))!.custom, null);
    assert.deepEqual((await store.memberships.of(chat.id, member.userId))!.custom, { a: 1 });
  });

  test("the inbox is filtered by entries of custom data", async (store) => {
    const userId = newId();
    const chatOf = async (custom: CustomData | null) =>
      (await storedChat(store, { chat: { custom }, members: [{ userId }] })).chat;
    const billing = await chatOf(CUSTOM);
    const other = await chatOf({ topic: "support", level: 3 });
    await chatOf(null);
    await storedChat(store, { chat: { custom: CUSTOM }, members: [{}] });
    const found = async (...custom: string[]) => {
      const rows = await store.chats.inbox({
        userId,
        kind: "group",
        custom,
        before: null,
        limit: 9,
      });
      return rows.map(({ chat }) => chat.id).sort();
    };
    assert.deepEqual(await found("topic=billing"), [billing.id]);
    assert.deepEqual(await found("level=3"), [billing.id, other.id].sort());
    assert.deepEqual(await found("level=3", "open=true"), [billing.id]);
    for (const entry of ["topic=bill", "topic=BILLING", "ratio=0.1", "nothing=null", "nested="]) {
      assert.deepEqual(await found(entry), [], entry);
    }
    const moved = { ...billing, rev: 9, detailsRev: 9, custom: { topic: "support" } };
    assert.equal(await store.chats.commit(aChange(billing.rev, moved)), "committed");
    assert.deepEqual(await found("topic=billing"), []);
    assert.deepEqual(await found("topic=support"), [billing.id, other.id].sort());
  });

  test("a change of other fields keeps the entries of a chat", async (store) => {
    const userId = newId();
    const { chat } = await storedChat(store, { chat: { custom: CUSTOM }, members: [{ userId }] });
    const next = { ...chat, rev: chat.rev + 1 };
    await store.chats.commit(aChange(chat.rev, next, { members: [aMember(chat.id)] }));
    const query = { userId, kind: null, custom: ["topic=billing"], before: null, limit: 9 };
    assert.deepEqual((await store.chats.inbox(query)).map((row) => row.chat), [next]);
  });

  test("people are found by entries of custom data, in pages by id", async (store) => {
    const users = [1, 2, 3, 4].map((level) => aUser({ custom: { team: "blue", level } }));
    const gone = aUser({ custom: { team: "blue" }, deletedAt: 1 });
    for (const user of [...users, gone, aUser({ custom: { team: "red" } }), aUser()]) {
      await store.users.create(user);
    }
    const [first, blocker, third, fourth] = users;
    const hiddenFrom = newId();
    await store.blocks.add(aBlock({ blockerId: blocker.id, blockedId: hiddenFrom }), Infinity);
    const page = (custom: string[], after: string | null, limit: number) =>
      store.users.withCustom({ custom, hiddenFrom, after, limit });
    assert.deepEqual(await page(["team=blue"], null, 2), [first, third]);
    assert.deepEqual(await page(["team=blue"], third.id, 2), [fourth]);
    assert.deepEqual(await page(["team=blue", "level=4"], null, 9), [fourth]);
    await store.users.update(fourth.id, { custom: { team: "red" } });
    assert.deepEqual(await page(["team=blue", "level=4"], null, 9), []);
  });

  test("an entry is compared as text and never interpreted", async (store) => {
    const user = aUser({ custom: { q: "a=b", long: "x".repeat(600) } });
    await store.users.create(user);
    const count = async (entry: string) => {
      const query = { custom: [entry], hiddenFrom: newId(), after: null, limit: 9 };
      return (await store.users.withCustom(query)).length;
    };
    assert.equal(await count("q=a=b"), 1);
    for (const entry of ["q=%", "q=' OR 1=1 --", "$where=1", "q=a=b\u0001", "q"]) {
      assert.equal(await count(entry), 0, entry);
    }
    assert.equal(await count(`long=${"x".repeat(600)}`), 0, "too long to be indexed");
  });
}
