import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { ChatChange } from "../../../src/store/chat_store.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { DuplicateKey, type Store } from "../../../src/store/store.ts";
import { aChange, aMessage, anOutboxEntry, storedChat } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();
const CHATS = 40;

for (const newCommands of [true, false]) {
  Deno.test({
    name: `commits to many chats at once are whole and independent, ${
      newCommands ? "in MongoDB 8's commands" : "in MongoDB 7's commands"
    }`,
    ignore: mongodb.missing,
    fn: async () => {
      const store = await openMongoStore({ uri: mongodb.uri(), newCommands });
      try {
        await commitToMany(store);
      } finally {
        await store.close();
      }
    },
  });
}

/** One of the chats has moved on, in one of them the message is stored already. */
async function commitToMany(store: Store): Promise<void> {
  const chats = await Promise.all(Array.from({ length: CHATS }, (_, n) => {
    const member = { userId: `person${n}` };
    return storedChat(store, { messages: [{ clientId: "first" }], members: [member] });
  }));
  const changes = chats.map(({ chat, messages, members }, n): ChatChange => {
    const rev = chat.rev + 1;
    const clientId = n === 7 ? "first" : newId();
    const senderId = n === 7 ? messages[0].senderId : members[0].userId;
    return aChange(n === 3 ? chat.rev - 1 : chat.rev, { ...chat, rev, lastSeq: rev }, {
      inserted: [aMessage(chat.id, rev, { clientId, senderId })],
      reads: [{ userId: members[0].userId, seq: rev, before: chat.lastSeq + 1 }],
      outbox: anOutboxEntry({ chatId: chat.id, dueAt: 1 }),
    });
  });
  const outcomes = await Promise.allSettled(changes.map((change) => store.chats.commit(change)));
  const entries = new Set((await store.outbox.claim(2, 3, 2 * CHATS)).map(({ chatId }) => chatId));
  for (const [n, { chat, members }] of chats.entries()) {
    const isCommitted = n !== 3 && n !== 7;
    const rev = isCommitted ? chat.rev + 1 : chat.rev;
    assert.equal((await store.chats.byId(chat.id))!.rev, rev);
    assert.equal((await store.messages.newest([chat.id])).at(0)?.seq, rev);
    const { readSeq } = (await store.memberships.of(chat.id, members[0].userId))!;
    assert.equal(readSeq, isCommitted ? rev : 0);
    assert.equal(entries.has(chat.id), isCommitted);
    if (isCommitted) assert.deepEqual(outcomes[n], { status: "fulfilled", value: "committed" });
  }
  assert.deepEqual(outcomes[3], { status: "fulfilled", value: "stale" });
  const { reason } = outcomes[7] as PromiseRejectedResult;
  assert.ok(reason instanceof DuplicateKey);
  assert.equal(reason.key, "clientId");
}
