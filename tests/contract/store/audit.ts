import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { aChange, aChat, aMember, aMessage, anAuditEntry, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

const ALL = { before: null, limit: 100 };

export function auditContract(test: ContractTest): void {
  test("entries are read by user, by chat and all, newest first, in pages", async (store) => {
    const [ann, bob, chatId] = [newId(), newId(), newId()];
    const entries = [
      anAuditEntry({ actorId: ann, userId: ann }),
      anAuditEntry({ actorId: bob, userId: ann, chatId }),
      anAuditEntry({ actorId: bob, userId: bob, chatId, details: { role: "admin" } }),
    ];
    for (const entry of entries) await store.audit.add(entry);
    const [first, second, third] = entries;
    assert.deepEqual(await store.audit.ofUser(ann, ALL), [second, first]);
    assert.deepEqual(await store.audit.ofUser(bob, ALL), [third, second]);
    assert.deepEqual(await store.audit.ofChat(chatId, ALL), [third, second]);
    assert.deepEqual(await store.audit.all(ALL), [third, second, first]);
    assert.deepEqual(await store.audit.all({ before: third.id, limit: 1 }), [second]);
    assert.deepEqual(await store.audit.ofUser(bob, { before: second.id, limit: 5 }), []);
  });

  test("a commit writes its entries, or none when it is stale", async (store) => {
    const chat = aChat(), entry = anAuditEntry({ chatId: chat.id });
    await store.chats.commit(aChange(0, chat, { members: [aMember(chat.id)], audit: [entry] }));
    assert.deepEqual(await store.audit.ofChat(chat.id, ALL), [entry]);
    const stale = aChange(7, { ...chat, rev: 8 }, { audit: [anAuditEntry({ chatId: chat.id })] });
    assert.equal(await store.chats.commit(stale), "stale");
    assert.deepEqual(await store.audit.ofChat(chat.id, ALL), [entry]);
  });

  test("redactTracesOf blanks details, and addresses of the user's own actions", async (store) => {
    const [ann, bob] = [newId(), newId()];
    const own = anAuditEntry({ actorId: ann, userId: ann, details: { email: "x" } });
    const system = anAuditEntry({ actorId: null, userId: ann, details: { email: "y" } });
    const others = anAuditEntry({ actorId: bob, userId: ann, details: { reason: "z" } });
    for (const entry of [own, system, others]) await store.audit.add(entry);
    await store.audit.redactTracesOf(ann);
    const blank = { address: "", userAgent: "", details: {} };
    assert.deepEqual(await store.audit.ofUser(ann, ALL), [
      { ...others, details: {} },
      { ...system, ...blank },
      { ...own, ...blank },
    ]);
  });

  test("ofSender returns one person's messages of a chat, oldest first", async (store) => {
    const chat = aChat({ rev: 4, lastSeq: 4 }), senderId = newId();
    const inserted = [
      aMessage(chat.id, 1, { senderId }),
      aMessage(chat.id, 2),
      aMessage(chat.id, 3, { senderId, deletedAt: T0 }),
      aMessage(chat.id, 4, { senderId }),
    ];
    await store.chats.commit(aChange(0, chat, { inserted }));
    const seqs = async (after: number, limit: number) =>
      (await store.messages.ofSender({ chatId: chat.id, senderId, after, limit })).map(({ seq }) =>
        seq
      );
    assert.deepEqual(await seqs(0, 10), [1, 3, 4]);
    assert.deepEqual(await seqs(1, 1), [3]);
    assert.deepEqual(await seqs(4, 10), []);
  });
}
