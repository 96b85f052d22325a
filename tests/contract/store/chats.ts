import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Chat } from "../../../src/model/chat.ts";
import type { InboxPlace, InboxQuery } from "../../../src/store/chat_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { duplicateOf } from "./duplicates.ts";
import { aChange, aChat, aDirectChat, aMember, aMessage, sendTo, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function chatContract(test: ContractTest): void {
  test("newest lists chats by creation, in pages, and frozen ones on request", async (store) => {
    const frozen = { at: T0, reason: "Quarrel", byUserId: null };
    const fields = [{}, { createdAt: T0 + 5, frozen }, { createdAt: T0 + 5 }, { frozen }];
    const chats = fields.map((one) => aChat(one));
    for (const chat of chats) await store.chats.commit(aChange(0, chat));
    const [a, b, c, d] = chats;
    const first = { before: null, from: null, frozen: false, limit: 10 };
    const listed = async (query: object) =>
      (await store.chats.newest({ ...first, ...query })).map((chat) =>
        chats.indexOf(
          chats.find(({ id }) => id === chat.id)!,
        )
      );
    assert.deepEqual(await listed({}), [2, 1, 3, 0]);
    assert.deepEqual(await listed({ limit: 2 }), [2, 1]);
    assert.deepEqual(await listed({ before: b }), [3, 0]);
    assert.deepEqual(await listed({ before: c, from: T0 + 1 }), [1]);
    assert.deepEqual(await listed({ frozen: true }), [1, 3]);
    assert.deepEqual(await listed({ frozen: true, before: d }), []);
    assert.deepEqual((await store.chats.byId(b.id))!.frozen, frozen);
    assert.equal((await store.chats.byId(a.id))!.frozen, null);
  });

  test("a chat is returned as stored, by id and by its pair", async (store) => {
    const group = aChat({ description: "d", avatarMediaId: newId(), encrypted: true, epoch: 3 });
    const direct = aDirectChat(newId(), newId());
    for (const chat of [group, direct]) {
      assert.equal(await store.chats.commit(aChange(0, chat)), "committed");
      assert.deepEqual(await store.chats.byId(chat.id), chat);
    }
    assert.deepEqual(await store.chats.byDirectKey(direct.directKey!), direct);
    assert.equal(await store.chats.byId(newId()), null);
    assert.equal(await store.chats.byDirectKey("a:b"), null);
  });

  test("byIds returns existing chats, once each", async (store) => {
    const chats = [aChat(), aChat(), aChat()];
    for (const chat of chats) await store.chats.commit(aChange(0, chat));
    const found = await store.chats.byIds([chats[0].id, newId(), chats[2].id, chats[0].id]);
    assert.deepEqual(found.map(({ id }) => id).sort(), [chats[0].id, chats[2].id].sort());
    assert.deepEqual(await store.chats.byIds([]), []);
  });

  test("heads returns head, activity and size of existing chats, once each", async (store) => {
    const chats = [aChat({ rev: 7, lastActivityAt: T0 + 9, memberCount: 3 }), aChat()];
    for (const chat of chats) await store.chats.commit(aChange(0, chat));
    const [{ id }] = chats;
    const found = await store.chats.heads([id, newId(), id]);
    assert.deepEqual(
      found.map(({ id, rev, lastActivityAt, memberCount }) => [
        id,
        rev,
        lastActivityAt,
        memberCount,
      ]),
      [[id, 7, T0 + 9, 3]],
    );
    assert.deepEqual(await store.chats.heads([]), []);
  });

  test("a change set writes chat, members and messages together", async (store) => {
    const { chat, messages: [first], members: [ann] } = await storedChat(store, {
      messages: [{}],
      members: [{}],
    });
    const sent = aMessage(chat.id, 3);
    const edited = { ...first, rev: 4, text: "edited", editedAt: T0 + 1 };
    const joined = aMember(chat.id, { rev: 5 });
    const promoted = { ...ann, rev: 6, role: "admin" as const };
    const next = { ...chat, rev: 6, lastSeq: 3, name: "New", detailsRev: 6, memberCount: 2 };
    const change = aChange(2, next, {
      inserted: [sent],
      updated: [edited],
      members: [joined, promoted],
    });
    assert.equal(await store.chats.commit(change), "committed");
    assert.deepEqual(await store.chats.byId(chat.id), next);
    assert.deepEqual(await store.messages.page({ chatId: chat.id, after: 0, limit: 9 }), [
      edited,
      sent,
    ]);
    assert.deepEqual(await store.memberships.of(chat.id, ann.userId), promoted);
    assert.deepEqual(await store.memberships.of(chat.id, joined.userId), joined);
  });

  test("a chat is found by its external id, from its creation or a later change on", async (store) => {
    const imported = aChat({ externalId: "channel-7" });
    await store.chats.commit(aChange(0, imported));
    const { chat } = await storedChat(store, {});
    const named = { ...chat, rev: 2, detailsRev: 2, externalId: "channel-8" };
    assert.equal(await store.chats.commit(aChange(1, named)), "committed");
    assert.deepEqual(await store.chats.byExternalId("channel-7"), imported);
    assert.deepEqual(await store.chats.byExternalId("channel-8"), named);
    assert.equal(await store.chats.byExternalId("channel-9"), null);
  });

  test("the external id of another chat rejects the whole set", async (store) => {
    const first = aChat({ externalId: "channel-7" });
    await store.chats.commit(aChange(0, first));
    const second = aChat({ externalId: "channel-7" });
    const creation = aChange(0, second, { members: [aMember(second.id)] });
    await assert.rejects(store.chats.commit(creation), duplicateOf("externalId"));
    assert.equal(await store.chats.byId(second.id), null);
    const { chat } = await storedChat(store, {});
    const next = { ...chat, rev: 2, detailsRev: 2, externalId: "channel-7" };
    await assert.rejects(store.chats.commit(aChange(1, next)), duplicateOf("externalId"));
    assert.deepEqual(await store.chats.byId(chat.id), chat);
    assert.deepEqual(await store.chats.byExternalId("channel-7"), first);
  });

  staleTests(test);
  rollbackTests(test);
  inboxTests(test);
}

function staleTests(test: ContractTest): void {
  test("a change set against another head is stale and writes nothing", async (store) => {
    const { chat, messages: [first] } = await storedChat(store, { messages: [{}] });
    for (const expectedRev of [1, 3]) {
      const next = { ...chat, rev: expectedRev + 1, name: "no" };
      const change = aChange(expectedRev, next, {
        inserted: [aMessage(chat.id, 9)],
        updated: [{ ...first, text: "no" }],
        members: [aMember(chat.id)],
      });
      assert.equal(await store.chats.commit(change), "stale");
    }
    await assertUnchanged(store, chat, [first.id]);
    assert.deepEqual(await store.messages.byId(first.id), first);
  });

  test("creating an existing chat and changing a missing one are stale", async (store) => {
    const { chat } = await storedChat(store, {});
    const again = aChange(0, { ...chat, name: "no" }, { members: [aMember(chat.id)] });
    assert.equal(await store.chats.commit(again), "stale");
    await assertUnchanged(store, chat, []);
    const missing = aChat({ rev: 2 });
    const change = aChange(1, missing, { inserted: [aMessage(missing.id, 2)] });
    assert.equal(await store.chats.commit(change), "stale");
    assert.equal(await store.chats.byId(missing.id), null);
    assert.deepEqual(await store.messages.newest([missing.id]), []);
  });

  test("one of two concurrent change sets against one head is stale", async (store) => {
    const { chat } = await storedChat(store, {});
    const change = () =>
      aChange(1, { ...chat, rev: 2, lastSeq: 2 }, { inserted: [aMessage(chat.id, 2)] });
    const outcomes = await Promise.all(
      [change(), change()].map((each) => store.chats.commit(each)),
    );
    assert.deepEqual(outcomes.sort(), ["committed", "stale"]);
    assert.equal((await store.messages.page({ chatId: chat.id, limit: 9 })).length, 1);
  });
}

function rollbackTests(test: ContractTest): void {
  test("an existing clientId within a change set rejects the whole set", async (store) => {
    const { chat, messages: [first] } = await storedChat(store, { messages: [{}] });
    const { senderId, clientId } = first;
    const change = aChange(2, { ...chat, rev: 7, name: "no" }, {
      inserted: [
        aMessage(chat.id, 3, { text: "ghost" }),
        aMessage(chat.id, 4, { senderId, clientId }),
        aMessage(chat.id, 5),
      ],
      updated: [{ ...first, rev: 6, text: "ghost" }],
      members: [aMember(chat.id, { rev: 7 })],
    });
    await assert.rejects(store.chats.commit(change), duplicateOf("clientId"));
    await assertUnchanged(store, chat, [first.id]);
    assert.deepEqual(await store.messages.byId(first.id), first);
    const search = { chatIds: [chat.id], query: "ghost", before: null, limit: 9 };
    assert.deepEqual((await store.messages.search(search)).messages, []);
  });

  test("a clientId twice in a change set is rejected", async (store) => {
    const { chat } = await storedChat(store, {});
    const sent = aMessage(chat.id, 2);
    const twin = { ...aMessage(chat.id, 3), senderId: sent.senderId, clientId: sent.clientId };
    const change = aChange(1, { ...chat, rev: 3 }, { inserted: [sent, twin] });
    await assert.rejects(store.chats.commit(change), duplicateOf("clientId"));
    await assertUnchanged(store, chat, []);
  });

  test("a clientId is unique per sender and chat", async (store) => {
    const { chat, messages: [first] } = await storedChat(store, { messages: [{}] });
    const { senderId, clientId } = first;
    await sendTo(store, chat, ["of another sender"], { clientId });
    const other = await storedChat(store, {});
    await sendTo(store, other.chat, ["in another chat"], { senderId, clientId });
    assert.equal((await store.messages.newest([chat.id, other.chat.id])).length, 2);
  });

  test("an existing message id is rejected, and nothing is written", async (store) => {
    const { chat, messages: [first] } = await storedChat(store, { messages: [{}] });
    const change = aChange(2, { ...chat, rev: 3 }, {
      inserted: [aMessage(chat.id, 3, { id: first.id })],
    });
    await assert.rejects(store.chats.commit(change), duplicateOf("id"));
    await assertUnchanged(store, chat, [first.id]);
  });

  test("a second direct chat of a pair is rejected, and nothing is written", async (store) => {
    const [a, b] = [newId(), newId()];
    const first = aDirectChat(a, b), second = aDirectChat(b, a);
    await store.chats.commit(aChange(0, first));
    const change = aChange(0, second, { members: [aMember(second.id, { userId: a })] });
    await assert.rejects(store.chats.commit(change), duplicateOf("directKey"));
    assert.equal(await store.chats.byId(second.id), null);
    assert.deepEqual(await store.memberships.ofUser(a), []);
    assert.deepEqual(await store.chats.byDirectKey(first.directKey!), first);
  });

  test("a failing change set does not affect others of the same turn", async (store) => {
    const bad = await storedChat(store, { messages: [{}] });
    const { senderId, clientId } = bad.messages[0];
    const good = await Promise.all([storedChat(store, {}), storedChat(store, {})]);
    const refused = assert.rejects(
      sendTo(store, bad.chat, ["no"], { senderId, clientId }),
      duplicateOf("clientId"),
    );
    const sent = await Promise.all(good.map(({ chat }) => sendTo(store, chat, ["yes"])));
    await refused;
    await assertUnchanged(store, bad.chat, [bad.messages[0].id]);
    for (const { chat, messages } of sent) {
      assert.deepEqual(await store.chats.byId(chat.id), chat);
      assert.deepEqual(await store.messages.byId(messages[0].id), messages[0]);
    }
  });
}

function inboxTests(test: ContractTest): void {
  test("the inbox is sorted by last activity and then id, newest first, in pages", async (store) => {
    const userId = newId();
    const times = [1, 5, 3, 3, 3, 2];
    const made: Awaited<ReturnType<typeof storedChat>>[] = [];
    for (const n of times) {
      const chat = { lastActivityAt: T0 + n };
      made.push(await storedChat(store, { chat, members: [{ userId, readSeq: n }, {}] }));
    }
    const expected = [1, 4, 3, 2, 5, 0].map((i) => ({
      chat: made[i].chat,
      membership: made[i].members[0],
    }));
    assert.deepEqual(await inbox(store, userId), expected);
    const paged = [];
    let before: InboxPlace | null = null;
    for (;;) {
      const page = await inbox(store, userId, { limit: 2, before });
      paged.push(...page);
      if (page.length === 0) break;
      const { chat } = page.at(-1)!;
      before = { lastActivityAt: chat.lastActivityAt, chatId: chat.id };
    }
    assert.deepEqual(paged, expected);
  });

  test("a page of the inbox of one kind is full, whatever chats lie between", async (store) => {
    const userId = newId();
    const kinds = ["group", "direct", "direct", "group", "direct"] as const;
    const ids: string[] = [];
    for (const [n, kind] of kinds.entries()) {
      const place = { lastActivityAt: T0 + n };
      const fields = kind === "group" ? place : aDirectChat(userId, newId(), place);
      ids.push((await storedChat(store, { chat: fields, members: [{ userId }] })).chat.id);
    }
    const of = async (query: Partial<InboxQuery>) =>
      (await inbox(store, userId, query)).map(({ chat }) => ids.indexOf(chat.id));
    assert.deepEqual(await of({ kind: "group", limit: 2 }), [3, 0]);
    const before = { lastActivityAt: T0 + 4, chatId: ids[4] };
    assert.deepEqual(await of({ kind: "direct", limit: 1, before }), [2]);
    assert.deepEqual(await of({}), [4, 3, 2, 1, 0]);
  });

  test("the inbox has only chats in which the user is a member now", async (store) => {
    const userId = newId();
    await storedChat(store, { members: [{ userId, leftAt: T0 }] });
    await storedChat(store, { members: [{}] });
    assert.deepEqual(await inbox(store, userId), []);
    const { chat } = await storedChat(store, { members: [{ userId }] });
    assert.deepEqual((await inbox(store, userId)).map((row) => row.chat), [chat]);
  });
}

function inbox(store: Store, userId: string, query: Partial<InboxQuery> = {}) {
  return store.chats.inbox({ userId, kind: null, before: null, limit: 10, ...query });
}

/** Asserts that the chat's row, its members (none) and its messages are unchanged. */
async function assertUnchanged(store: Store, chat: Chat, messageIds: string[]): Promise<void> {
  assert.deepEqual(await store.chats.byId(chat.id), chat);
  assert.deepEqual(await store.memberships.ofChat(chat.id), []);
  const page = await store.messages.page({ chatId: chat.id, after: 0, limit: 99 });
  assert.deepEqual(page.map(({ id }) => id), messageIds);
}
