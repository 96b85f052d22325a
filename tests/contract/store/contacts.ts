import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { ContactRequest } from "../../../src/model/contact.ts";
import type { Membership } from "../../../src/model/membership.ts";
import { type Store, TooManyChats } from "../../../src/store/store.ts";
import { aChange, aChat, aMember, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

const LIMITS = { received: 3, sent: 3 };
const PAGE = { now: T0, before: null, limit: 10 };

export function aRequest(fields: Partial<ContactRequest> = {}): ContactRequest {
  return {
    id: newId(),
    kind: "group",
    userId: newId(),
    fromId: newId(),
    chatId: newId(),
    createdAt: T0,
    expiresAt: T0 + 1_000,
    declinedAt: null,
    ...fields,
  };
}

export function contactContract(test: ContractTest): void {
  test("settings are returned as stored last", async (store) => {
    const userId = newId();
    assert.deepEqual(await store.contacts.settingsOf([userId]), []);
    await store.contacts.putSettings({ userId, addToGroups: "shared", write: null });
    await store.contacts.putSettings({ userId, addToGroups: "nobody", write: "everyone" });
    assert.deepEqual(await store.contacts.settingsOf([userId, newId()]), [
      { userId, addToGroups: "nobody", write: "everyone" },
    ]);
  });

  test("a person and a chat have one request until it expires", async (store) => {
    const first = aRequest();
    const { userId, chatId } = first;
    assert.equal(await store.contacts.addRequest(first, LIMITS), "added");
    const again = aRequest({ userId, chatId, createdAt: T0 + 999 });
    assert.equal(await store.contacts.addRequest(again, LIMITS), "exists");
    assert.equal(await store.contacts.decline(first.id, T0 + 1), true);
    assert.equal(await store.contacts.decline(first.id, T0 + 2), false);
    assert.equal(await store.contacts.addRequest(again, LIMITS), "exists", "declined ones count");
    const late = aRequest({ userId, chatId, createdAt: T0 + 1_000, expiresAt: T0 + 2_000 });
    assert.equal(await store.contacts.addRequest(late, LIMITS), "added");
    assert.deepEqual(await store.contacts.requestFor(userId, chatId), late);
    assert.equal(await store.contacts.request(first.id), null);
    assert.deepEqual(await store.contacts.settingsOf([userId]), [], "it makes no settings");
  });

  test("requests to a person and from a person are bounded", async (store) => {
    const [userId, fromId] = [newId(), newId()];
    const outcomes = (fields: Partial<ContactRequest>) =>
      Promise.all(
        Array.from({ length: 6 }, () => store.contacts.addRequest(aRequest(fields), LIMITS)),
      );
    for (const fields of [{ userId }, { fromId }]) {
      const made = await outcomes(fields);
      assert.deepEqual(made.filter((one) => one === "added").length, 3);
      assert.deepEqual(made.filter((one) => one === "full").length, 3);
    }
    const [received] = await store.contacts.received(userId, PAGE);
    await store.contacts.decline(received.id, T0);
    assert.equal(await store.contacts.addRequest(aRequest({ userId }), LIMITS), "added");
    const [sent] = await store.contacts.sent(fromId, PAGE);
    await store.contacts.decline(sent.id, T0);
    assert.equal(await store.contacts.addRequest(aRequest({ fromId }), LIMITS), "full");
    assert.equal(await store.contacts.removeRequest(sent.id), true);
    assert.equal(await store.contacts.removeRequest(sent.id), false);
    assert.equal(await store.contacts.addRequest(aRequest({ fromId }), LIMITS), "added");
  });

  test("lists are newest first, in pages, without declined and expired requests", async (store) => {
    const [userId, fromId] = [newId(), newId()];
    const rows = Array.from({ length: 5 }, () => aRequest({ userId, fromId }));
    rows[3].expiresAt = T0;
    for (const row of rows) await store.contacts.addRequest(row, { received: 9, sent: 9 });
    await store.contacts.decline(rows[1].id, T0);
    const [first, , third, , fifth] = rows;
    for (
      const list of [
        (page: typeof PAGE | { before: string }) =>
          store.contacts.received(userId, { ...PAGE, ...page }),
        (page: typeof PAGE | { before: string }) =>
          store.contacts.sent(fromId, { ...PAGE, ...page }),
      ]
    ) {
      assert.deepEqual(await list(PAGE), [fifth, third, first]);
      assert.deepEqual(await list({ ...PAGE, limit: 1 }), [fifth]);
      assert.deepEqual(await list({ before: third.id }), [first]);
    }
  });

  test("expired requests are purged, and a person's rows can be deleted", async (store) => {
    const [userId, other] = [newId(), newId()];
    const kept = aRequest({ expiresAt: T0 + 5 });
    for (const row of [kept, aRequest({ expiresAt: T0 + 4 })]) {
      await store.contacts.addRequest(row, LIMITS);
    }
    assert.equal(await store.contacts.purge(T0 + 5), 1);
    assert.deepEqual(await store.contacts.request(kept.id), kept);
    await store.contacts.putSettings({ userId, addToGroups: "nobody", write: null });
    const rows = [aRequest({ userId, fromId: other }), aRequest({ userId: other, fromId: userId })];
    for (const row of rows) await store.contacts.addRequest(row, LIMITS);
    await store.contacts.deleteAllOf(userId);
    assert.deepEqual(await store.contacts.settingsOf([userId]), []);
    for (const { id } of rows) assert.equal(await store.contacts.request(id), null);
  });

  acquaintanceTests(test);
  chatCountTests(test);
}

function acquaintanceTests(test: ContractTest): void {
  test("people are acquainted by a shared chat, unless a stranger added them", async (store) => {
    const [me, friend, former, unasked, reader, nobody] = Array.from({ length: 6 }, newId);
    const { chat } = await storedChat(store, {
      members: [
        { userId: me, addedByStranger: true },
        { userId: friend },
        { userId: former, leftAt: T0 },
        { userId: unasked, addedByStranger: true },
        { userId: reader, addedByStranger: true, readSeq: 1 },
      ],
    });
    const { id: chatId } = chat;
    await store.memberships.moveCursors({ chatId, userId: unasked, deliveredSeq: 3 });
    const read = await store.memberships.moveCursors({ chatId, userId: reader, readSeq: 1 });
    assert.equal(read?.membership.addedByStranger, false);
    assert.equal((await store.memberships.of(chatId, reader))?.addedByStranger, false);
    assert.equal((await store.memberships.of(chatId, unasked))?.addedByStranger, true);
    await storedChat(store, { members: [{ userId: former }, { userId: nobody }] });
    const ask = (userId: string) =>
      store.memberships.acquaintedWith(userId, [friend, former, unasked, reader, nobody]);
    assert.deepEqual((await ask(me)).sort(), [friend, reader].sort());
    assert.deepEqual(await ask(newId()), []);
    const shares = await Promise.all(
      [friend, former, unasked, reader, nobody].map((other) =>
        store.memberships.shareChat(me, other)
      ),
    );
    assert.deepEqual(shares, [true, false, true, true, false]);
    assert.deepEqual(await store.memberships.acquaintedWith(me, []), []);
    // The result does not depend on which of the two is in more chats.
    for (let i = 0; i < 3; i++) await storedChat(store, { members: [{ userId: friend }] });
    assert.deepEqual((await ask(me)).sort(), [friend, reader].sort());
    for (let i = 0; i < 6; i++) await storedChat(store, { members: [{ userId: me }] });
    assert.deepEqual((await ask(me)).sort(), [friend, reader].sort());
  });
}

function chatCountTests(test: ContractTest): void {
  const joined = (userIds: string[], maxChats = 2) => ({ joined: userIds, left: [], maxChats });

  async function join(store: Store, userId: string): Promise<Membership> {
    const chat = aChat();
    const member = aMember(chat.id, { userId });
    const change = aChange(0, chat, { members: [member], membership: joined([userId]) });
    await store.chats.commit(change);
    return member;
  }

  const isFull = (userId: string) => (error: unknown) =>
    error instanceof TooManyChats && error.userIds.join() === userId;

  test("a person joins at most the maximum number of chats, and leaving makes room", async (store) => {
    const userId = newId();
    // A chat that an earlier release created, which counts too.
    const { chat, members: [first] } = await storedChat(store, { members: [{ userId }] });
    await join(store, userId);
    await assert.rejects(join(store, userId), isFull(userId));
    assert.equal((await store.memberships.ofUser(userId)).length, 2, "nothing was written");
    const gone = { ...first, leftAt: T0 + 1, rev: 2 };
    const left = { joined: [], left: [userId], maxChats: 2 };
    const leave = aChange(1, { ...chat, rev: 2 }, { members: [gone], membership: left });
    assert.equal(await store.chats.commit(leave), "committed");
    await join(store, userId);
    await assert.rejects(join(store, userId), isFull(userId));
  });

  test(
    "of many concurrent additions of one person, only as many succeed as the maximum allows",
    async (store, opened) => {
      const userId = newId();
      const stores = [store, await opened.second()];
      const tries = Array.from(
        { length: 8 },
        (_, i) =>
          join(stores[i % 2], userId).then(() => 1, (error) => {
            assert.ok(isFull(userId)(error), String(error));
            return 0;
          }),
      );
      const done = await Promise.all(tries);
      assert.equal(
        done.reduce<number>((sum, one) => sum + one, 0),
        2,
      );
      assert.equal((await store.memberships.ofUser(userId)).length, 2);
    },
  );
}
