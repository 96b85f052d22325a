import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Chat } from "../../../src/model/chat.ts";
import type { Message } from "../../../src/model/message.ts";
import type { ChatChange } from "../../../src/store/chat_store.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { DuplicateKey, type Store } from "../../../src/store/store.ts";
import {
  aChange,
  aMessage,
  anAuditEntry,
  anOutboxEntry,
  storedChat,
} from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";
import { withObservedStore } from "../../support/observed_mongo_store.ts";

const mongodb = sharedMongodb();
const CHATS = 40;

for (const newCommands of [true, false]) {
  const release = newCommands ? "in MongoDB 8's commands" : "in MongoDB 7's commands";
  const test = (name: string, check: (store: Store) => Promise<void>) =>
    Deno.test({
      name: `${name}, ${release}`,
      ignore: mongodb.missing,
      fn: async () => {
        const store = await openMongoStore({ uri: mongodb.uri(), newCommands });
        try {
          await check(store);
        } finally {
          await store.close();
        }
      },
    });
  test("commits to many chats at once are whole and independent", commitToMany);
  test("a commit whose place in the history is taken is stale, and writes nothing", overtaken);
  test("a commit that knows the row before leaves the chat as given", changeDetails);
  test("a commit that updates a missing message is rejected, and writes nothing", updateMissing);
}

for (
  const { kind, spoil, tries } of [
    { kind: "a head that has moved", spoil: staleSend, tries: 1 },
    { kind: "a message that is stored already", spoil: repeatedSend, tries: 2 },
  ]
) {
  observed(`${kind} makes the other sends of its batch one more try`, async (store, names) => {
    const chats = await Promise.all(Array.from({ length: 8 }, () => {
      return storedChat(store, { messages: [{ clientId: "first" }] });
    }));
    const changes = chats.map(({ chat }) => sendTo(chat));
    changes[3] = spoil(chats[3].chat, chats[3].messages[0]);
    names.length = 0;
    const outcomes = await Promise.allSettled(changes.map((each) => store.chats.commit(each)));
    assert.deepEqual(
      outcomes.toSpliced(3, 1).map((each) => each.status === "fulfilled" && each.value),
      Array(7).fill("committed"),
    );
    const count = (name: string) => names.filter((each) => each === name).length;
    assert.deepEqual([count("commitTransaction"), count("abortTransaction")], [2, tries]);
  });
}

observed("a send that comes alone takes two round trips", async (store, names) => {
  const { chat } = await storedChat(store, {});
  names.length = 0;
  assert.equal(await store.chats.commit(sendTo(chat)), "committed");
  assert.deepEqual(names, ["bulkWrite", "commitTransaction"]);
});

/** The check gets the names of the commands that the store sends. */
function observed(name: string, check: (store: Store, names: string[]) => Promise<void>): void {
  Deno.test({
    name: `${name}, in MongoDB 8's commands`,
    ignore: mongodb.missing,
    fn: () => withObservedStore(mongodb.uri(), check),
  });
}

function staleSend(chat: Chat): ChatChange {
  return sendTo(chat, chat.rev - 1);
}

function repeatedSend(chat: Chat, { senderId, clientId }: Message): ChatChange {
  const rev = chat.rev + 1;
  return { ...sendTo(chat), inserted: [aMessage(chat.id, rev, { senderId, clientId })] };
}

function sendTo(chat: Chat, from = chat.rev): ChatChange {
  const [rev, senderId] = [from + 1, newId()];
  return aChange(from, { ...chat, rev, lastSeq: rev }, {
    inserted: [aMessage(chat.id, rev, { senderId })],
    reads: [{ userId: senderId, seq: rev, before: chat.lastSeq }],
    outbox: anOutboxEntry({ chatId: chat.id, dueAt: 1 }),
  });
}

async function overtaken(store: Store): Promise<void> {
  const { chat } = await storedChat(store, {});
  assert.equal(await store.chats.commit(sendTo(chat)), "committed");
  const audit = [anAuditEntry({ chatId: chat.id })];
  for (const change of [sendTo(chat), { ...sendTo(chat), audit }]) {
    assert.equal(await store.chats.commit(change), "stale");
  }
  assert.equal((await store.messages.page({ chatId: chat.id, limit: 10 })).length, 1);
  assert.equal((await store.outbox.claim(2, 3, 10)).length, 1);
}

async function changeDetails(store: Store): Promise<void> {
  const { chat } = await storedChat(store, { chat: { custom: { plan: "gold" } } });
  let before = chat;
  const steps = [{ name: "Renamed" }, { custom: { plan: "tin" } }, { custom: null }, {}];
  for (const step of steps) {
    const rev = before.rev + 1;
    const next = { ...before, ...step, rev, updatedAt: before.updatedAt + 1 };
    const stale = aChange(before.rev - 1, next, { before });
    assert.equal(await store.chats.commit(stale), "stale");
    assert.equal(await store.chats.commit(aChange(before.rev, next, { before })), "committed");
    assert.deepEqual(await store.chats.byId(chat.id), next);
    before = next;
  }
}

async function updateMissing(store: Store): Promise<void> {
  const { chat } = await storedChat(store, {});
  const change = { ...sendTo(chat), updated: [aMessage(chat.id, chat.rev + 2)] };
  await assert.rejects(store.chats.commit(change), /Cannot change a document of messages/);
  assert.equal((await store.chats.byId(chat.id))!.rev, chat.rev);
  assert.deepEqual(await store.messages.page({ chatId: chat.id, limit: 10 }), []);
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
