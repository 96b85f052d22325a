import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Message } from "../../../src/model/message.ts";
import type { UnreadQuery } from "../../../src/store/message_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { aChange, aMessage, sendTo, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function messageContract(test: ContractTest): void {
  test("changedIn returns the rows of several chats' ranges, up to the limit", async (store) => {
    const chats = await Promise.all(
      [1, 2, 3].map(() =>
        storedChat(store, {
          messages: [{ text: "a" }, { text: "b" }, { text: "c" }],
          members: [{}],
        })
      ),
    );
    const ranges = chats.slice(0, 2).map(({ chat }) => ({ chatId: chat.id, after: 2, maxRev: 3 }));
    const seen = (await store.messages.changedIn(ranges, 10)).map(({ id }) => id);
    assert.deepEqual(seen.sort(), chats.slice(0, 2).map(({ messages }) => messages[1].id).sort());
    assert.equal((await store.messages.changedIn(ranges, 1)).length, 1);
    assert.deepEqual(await store.messages.changedIn([], 10), []);
    const all = ranges.map((range) => ({ ...range, after: 0 }));
    const members = await store.memberships.changedIn(all, 10);
    assert.deepEqual(
      members.map(({ userId }) => userId).sort(),
      chats.slice(0, 2).map((each) => each.members[0].userId).sort(),
    );
  });

  test("changedIn reads the ranges of very many chats", async (store) => {
    const chats = await Promise.all(
      Array.from({ length: 120 }, () => storedChat(store, { messages: [{}] })),
    );
    const ranges = chats.map(({ chat }) => ({ chatId: chat.id, after: 1, maxRev: 2 }));
    const found = await store.messages.changedIn(ranges, 200);
    assert.deepEqual(byId(found), byId(chats.flatMap(({ messages }) => messages)));
    assert.equal((await store.messages.changedIn(ranges, 110)).length, 110);
  });

  test("messages of every kind are returned as stored", async (store) => {
    const { messages } = await storedChat(store, { messages: allKinds() });
    for (const message of messages) {
      assert.deepEqual(await store.messages.byId(message.id), message);
    }
    assert.equal(await store.messages.byId(newId()), null);
  });

  test("text with U+0000 is rejected or stored whole, never cut", async (store) => {
    const { chat } = await storedChat(store, {});
    const text = "before\u0000after";
    const sent = await sendTo(store, chat, [text]).catch((error) => {
      assert.equal(error.code, "invalid_request");
      return null;
    });
    const [stored] = await store.messages.page({ chatId: chat.id, limit: 1 });
    assert.equal(stored?.text, sent === null ? undefined : text);
  });

  test("byIds returns existing messages, once each", async (store) => {
    const { messages: [a, b] } = await storedChat(store, { messages: [{}, {}, {}] });
    const found = await store.messages.byIds([b.id, newId(), a.id, b.id]);
    assert.deepEqual(found.toSorted((x, y) => x.seq - y.seq), [a, b]);
    assert.deepEqual(await store.messages.byIds([]), []);
  });

  test("bySendKeys returns the messages of these sends in this chat", async (store) => {
    const { chat, messages: [a, b, c] } = await storedChat(store, { messages: [{}, {}, {}] });
    const other = await storedChat(store, { messages: [{}] });
    const keys = [
      keyOf(c),
      keyOf(a),
      keyOf(c),
      { senderId: a.senderId, clientId: b.clientId },
      keyOf(other.messages[0]),
    ];
    const found = await store.messages.bySendKeys(chat.id, keys);
    assert.deepEqual(found.toSorted((x, y) => x.seq - y.seq), [a, c]);
    assert.deepEqual(await store.messages.bySendKeys(chat.id, []), []);
  });

  historyTests(test);
  changedTests(test);
  unreadTests(test);

  test("a shadowed message is neither unread nor the newest one", async (store) => {
    const [ann, spammer] = [newId(), newId()];
    const { chat, messages } = await storedChat(store, { messages: [{ senderId: ann }] });
    const hidden = aMessage(chat.id, chat.rev + 1, { senderId: spammer, shadow: true });
    const next = { ...chat, rev: hidden.rev };
    const outcome = await store.chats.commit(aChange(chat.rev, next, { inserted: [hidden] }));
    assert.equal(outcome, "committed");
    assert.deepEqual(await store.messages.byId(hidden.id), hidden);
    assert.deepEqual(await store.messages.newest([chat.id]), messages);
    const later = aMessage(chat.id, next.rev + 1, { senderId: ann });
    const last = { ...next, rev: later.rev, lastSeq: later.seq };
    await store.chats.commit(aChange(next.rev, last, { inserted: [later] }));
    assert.deepEqual(await store.messages.newest([chat.id]), [later]);
    const query = { chatId: chat.id, userId: newId(), readSeq: 0, exceptSenderIds: [] };
    const [count] = await store.messages.unread([{ ...query, lastSeq: last.lastSeq }], 10);
    assert.equal(count.unread, 2);
  });

  test("scan looks at all chats from the newest message on, for one sender", async (store) => {
    const [ann, bob] = [newId(), newId()];
    const one = await storedChat(store, { messages: [{ senderId: ann }, { senderId: bob }] });
    const two = await storedChat(store, { messages: [{ senderId: ann }, { senderId: bob }] });
    const newestFirst = [...one.messages, ...two.messages].reverse();
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
    const scan = async (before: string | null, senderId: string | null, rows: number) => {
      const { messages, next } = await store.messages.scan({ before, senderId, rows });
      return { ids: ids(messages), next };
    };
    const all = ids(newestFirst);
    assert.deepEqual(await scan(null, null, 10), { ids: all, next: null });
    assert.deepEqual(await scan(null, null, 3), { ids: all.slice(0, 3), next: all[2] });
    assert.deepEqual(await scan(all[2], null, 3), { ids: all.slice(3), next: null });
    assert.deepEqual(await scan(null, ann, 2), { ids: [all[1]], next: all[1] });
    assert.deepEqual(await scan(all[1], ann, 1), { ids: [], next: all[2] });
    assert.deepEqual(await scan(newId(), bob, 10), { ids: [all[0], all[2]], next: null });
    assert.deepEqual(await scan(all[3], bob, 10), { ids: [], next: null });
  });

  test("a page has its messages, however many other changes lie between them", async (store) => {
    const { chat } = await storedChat(store, {});
    const seqs = [2, 3, 70, 71, 5_000, 5_001, 9_000];
    const inserted = seqs.map((seq) => aMessage(chat.id, seq));
    const next = { ...chat, rev: 12_000, lastSeq: 9_000 };
    await store.chats.commit(aChange(chat.rev, next, { inserted }));
    const page = async (bounds: { before?: number; after?: number }, limit = 3) =>
      (await store.messages.page({ chatId: chat.id, limit, ...bounds })).map(({ seq }) => seq);
    const newestFirst = seqs.toReversed();
    assert.deepEqual(await page({}), newestFirst.slice(0, 3));
    assert.deepEqual(await page({}, 10), newestFirst);
    assert.deepEqual(await page({ before: 1e9 }), newestFirst.slice(0, 3));
    for (const [at, seq] of seqs.entries()) {
      const before = newestFirst.slice(seqs.length - at);
      assert.deepEqual(await page({ before: seq }), before.slice(0, 3), `before ${seq}`);
      assert.deepEqual(await page({ before: seq }, 10), before, `before ${seq}`);
      assert.deepEqual(await page({ after: seq }), seqs.slice(at + 1, at + 4), `after ${seq}`);
      assert.deepEqual(await page({ after: seq }, 10), seqs.slice(at + 1), `after ${seq}`);
    }
    assert.deepEqual(await page({ after: 0 }, 10), seqs);
    assert.deepEqual(await page({ after: 9_000 }), []);
    assert.deepEqual(await page({ before: 2 }), []);
  });

  test("newest returns the last message of each chat that has one", async (store) => {
    const one = await storedChat(store, { messages: [{}, { deletedAt: T0, text: "" }] });
    const two = await storedChat(store, { messages: [{}] });
    const empty = await storedChat(store, {});
    const ids = [one.chat.id, two.chat.id, empty.chat.id, newId(), one.chat.id];
    const found = await store.messages.newest(ids);
    assert.deepEqual(byId(found), byId([one.messages[1], two.messages[0]]));
    assert.deepEqual(await store.messages.newest([]), []);
  });

  test("pinned returns pinned messages, most recently pinned first", async (store) => {
    const { chat, messages: [early, late, , unpinned] } = await storedChat(store, {
      messages: [{ pinnedAt: T0 + 1 }, { pinnedAt: T0 + 9 }, {}, { pinnedAt: T0 + 5 }],
    });
    await storedChat(store, { messages: [{ pinnedAt: T0 }] });
    const updated = [{ ...unpinned, rev: 6, pinnedAt: null }];
    await store.chats.commit(aChange(5, { ...chat, rev: 6 }, { updated }));
    assert.deepEqual(await store.messages.pinned(chat.id, 10), [late, early]);
    assert.deepEqual(await store.messages.pinned(chat.id, 1), [late]);
    assert.deepEqual(await store.messages.pinned(newId(), 10), []);
  });

  test("of messages pinned in one millisecond the later one comes first", async (store) => {
    const ids = [newId(), newId()];
    const { chat } = await storedChat(store, {
      messages: ids.toReversed().map((id) => ({ id, pinnedAt: T0 })),
    });
    const pinned = await store.messages.pinned(chat.id, 10);
    assert.deepEqual(pinned.map(({ id }) => id), ids);
  });

  test("a tombstone keeps its place and takes its new revision", async (store) => {
    const { chat, messages: [first, second] } = await storedChat(store, {
      messages: [{ reactions: [{ emoji: "👍", userIds: [newId()] }] }, {}],
    });
    const tombstone = { ...first, rev: 4, text: "", reactions: [], deletedAt: T0 + 9 };
    await store.chats.commit(aChange(3, { ...chat, rev: 4 }, { updated: [tombstone] }));
    assert.deepEqual(await store.messages.byId(first.id), tombstone);
    const page = await store.messages.page({ chatId: chat.id, limit: 9 });
    assert.deepEqual(page, [second, tombstone]);
    assert.deepEqual(await store.messages.changed(chat.id, 3, 9, 9), [tombstone]);
  });
}

function historyTests(test: ContractTest): void {
  test("a page is newest first before a seq, oldest first after one", async (store) => {
    const { chat } = await storedChat(store, { messages: Array(6).fill({}) });
    await storedChat(store, { messages: Array(6).fill({}) });
    const page = async (bounds: { before?: number; after?: number }, limit = 3) =>
      (await store.messages.page({ chatId: chat.id, limit, ...bounds })).map(({ seq }) => seq);
    assert.deepEqual(await page({}), [7, 6, 5]);
    assert.deepEqual(await page({ before: 5 }), [4, 3, 2]);
    assert.deepEqual(await page({ before: 3 }), [2]);
    assert.deepEqual(await page({ before: 2 }), []);
    assert.deepEqual(await page({ after: 0 }), [2, 3, 4]);
    assert.deepEqual(await page({ after: 5 }), [6, 7]);
    assert.deepEqual(await page({ after: 7 }), []);
    assert.deepEqual(await page({ before: 99 }, 99), [7, 6, 5, 4, 3, 2]);
  });

  test("a page skips revisions that created no message, and ends at both ends", async (store) => {
    const { chat } = await storedChat(store, {});
    const seqs = [2, 9, 700, 70_000];
    const [rev] = seqs.slice(-1);
    const inserted = seqs.map((seq) => aMessage(chat.id, seq));
    await store.chats.commit(aChange(1, { ...chat, rev, lastSeq: rev }, { inserted }));
    const page = async (bounds: { before?: number; after?: number }, limit = 3) =>
      (await store.messages.page({ chatId: chat.id, limit, ...bounds })).map(({ seq }) => seq);
    const newest = seqs.toReversed();
    for (const before of [undefined, rev + 1, rev + 99_999, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(await page({ before }), newest.slice(0, 3), `before ${before}`);
    }
    assert.deepEqual(await page({ before: rev }, 2), [700, 9]);
    assert.deepEqual(await page({ before: 9 }, 2), [2]);
    assert.deepEqual(await page({ before: 0 }), []);
    assert.deepEqual(await page({ after: 0 }), seqs.slice(0, 3));
    assert.deepEqual(await page({ after: 9 }), [700, 70_000]);
    assert.deepEqual(await page({ after: Number.MAX_SAFE_INTEGER - 1 }), []);
  });

  test("a chat without messages, or a missing one, has an empty page", async (store) => {
    const { chat } = await storedChat(store, {});
    assert.deepEqual(await store.messages.page({ chatId: chat.id, limit: 5 }), []);
    assert.deepEqual(await store.messages.page({ chatId: newId(), after: 0, limit: 5 }), []);
  });
}

function changedTests(test: ContractTest): void {
  test("changed returns rows after one revision up to another, in their order", async (store) => {
    const { chat, messages: [a, b, c] } = await storedChat(store, { messages: [{}, {}, {}] });
    const edited = { ...a, rev: 5, text: "edited", editedAt: T0 };
    await store.chats.commit(aChange(4, { ...chat, rev: 5 }, { updated: [edited] }));
    const changed = (after: number, maxRev: number, limit = 9) =>
      store.messages.changed(chat.id, after, maxRev, limit);
    assert.deepEqual(await changed(0, 9), [b, c, edited]);
    assert.deepEqual(await changed(2, 4), [b, c]);
    assert.deepEqual(await changed(3, 5), [c, edited]);
    assert.deepEqual(await changed(0, 9, 2), [b, c]);
    assert.deepEqual(await changed(5, 9), []);
    assert.deepEqual(await store.messages.changed(newId(), 0, 9, 9), []);
  });

  test("changed pages through long stretches of changed messages, and of revisions without any", async (store) => {
    const { chat } = await storedChat(store, {});
    const texts = Array.from({ length: 1_200 }, (_, i) => `number ${i}`);
    const sent = await sendTo(store, chat, texts);
    const edited = sent.messages.slice(0, 1_100).map((message, i) => ({
      ...message,
      rev: sent.chat.rev + 1 + i,
      editedAt: T0,
    }));
    const rev = sent.chat.rev + 4_000;
    const last = aMessage(chat.id, rev, {});
    const head = { ...sent.chat, rev, lastSeq: rev };
    const change = aChange(sent.chat.rev, head, { updated: edited, inserted: [last] });
    await store.chats.commit(change);
    const seen: Message[] = [];
    for (let page = [last]; page.length > 0; seen.push(...page)) {
      page = await store.messages.changed(chat.id, seen.at(-1)?.rev ?? 0, rev, 500);
    }
    assert.deepEqual(seen, [...sent.messages.slice(1_100), ...edited, last]);
  });
}

function unreadTests(test: ContractTest): void {
  const lastSeq = 9, exceptSenderIds: string[] = [];
  const counted = async (store: Store, queries: UnreadQuery[], cap: number) =>
    (await store.messages.unread(queries, cap)).map(({ unread }) => unread);

  test("unread counts others' messages after readSeq, up to the cap, without deleted ones", async (store) => {
    const userId = newId();
    const { chat } = await storedChat(store, {
      messages: [{}, {}, { senderId: userId }, { deletedAt: T0, text: "" }, {}, {}],
    });
    const chatId = chat.id;
    const queries = [0, 2, 3, 6, 7].map((readSeq) => ({
      chatId,
      userId,
      readSeq,
      lastSeq,
      exceptSenderIds,
    }));
    assert.deepEqual(await counted(store, queries, 100), [4, 3, 2, 1, 0]);
    assert.deepEqual(await counted(store, queries, 3), [3, 3, 2, 1, 0]);
    assert.deepEqual(await counted(store, [{ ...queries[0], lastSeq: 6 }], 100), [3]);
  });

  test("unread returns each count in the order of the queries, of any chat and user", async (store) => {
    const one = await storedChat(store, { messages: [{}, {}] });
    const two = await storedChat(store, { messages: [{}] });
    const sender = one.messages[0].senderId;
    const queries = [
      { chatId: two.chat.id, userId: newId() },
      { chatId: newId(), userId: newId() },
      { chatId: one.chat.id, userId: newId() },
      { chatId: one.chat.id, userId: sender },
      { chatId: two.chat.id, userId: newId() },
    ].map((query) => ({ ...query, readSeq: 0, lastSeq, exceptSenderIds }));
    assert.deepEqual(await counted(store, queries, 9), [1, 0, 2, 1, 1]);
    assert.deepEqual(await counted(store, [], 9), []);
    await sendTo(store, one.chat, ["more"]);
    assert.deepEqual(await counted(store, [queries[2]], 9), [3]);
  });

  test("unread excludes senders, and messages that lost their files, and counts mentions", async (store) => {
    const [userId, blocked] = [newId(), newId()];
    const { chat } = await storedChat(store, {
      messages: [
        { mentions: [newId(), userId] },
        { senderId: blocked, mentions: [userId] },
        { kind: "media", text: "", media: [] },
        { kind: "media", text: "a caption", media: [], mentions: [userId] },
        { kind: "encrypted", text: "", ciphertext: "AAEC" },
        { text: "plain" },
      ],
    });
    const query = { chatId: chat.id, userId, readSeq: 0, lastSeq, exceptSenderIds: [blocked] };
    assert.deepEqual(await store.messages.unread([query], 100), [{ unread: 4, mentions: 2 }]);
    assert.deepEqual(await store.messages.unread([query], 1), [{ unread: 1, mentions: 0 }]);
  });

  test("unread counts few and many messages of several chats in one call", async (store) => {
    const userId = newId();
    const chats = await Promise.all([2, 9, 30, 12].map((count) => {
      return storedChat(store, { messages: Array(count).fill({ mentions: [userId] }) });
    }));
    const queries = chats.map(({ chat: { id: chatId, lastSeq } }) => (
      { chatId, userId, readSeq: 0, lastSeq, exceptSenderIds }
    ));
    assert.deepEqual(
      await store.messages.unread(queries, 5),
      [2, 5, 5, 5].map((count) => ({ unread: count, mentions: count })),
    );
    assert.deepEqual(await counted(store, queries, 20), [2, 9, 20, 12]);
  });

  test("unread reads twice the cap at most: the newest messages", async (store) => {
    const [userId, other] = [newId(), newId()];
    const { chat } = await storedChat(store, {
      messages: [{ senderId: other }, ...Array(4).fill({ senderId: userId })],
    });
    const query = { chatId: chat.id, userId, readSeq: 0, lastSeq: chat.lastSeq, exceptSenderIds };
    assert.deepEqual(await counted(store, [query], 2), [0]);
    assert.deepEqual(await counted(store, [query], 3), [1]);
  });
}

function allKinds(): Partial<Message>[] {
  const reactions = [
    { emoji: "👍🏽", userIds: [newId(), newId()] },
    { emoji: "❤️", userIds: [newId()] },
  ];
  const image = {
    id: newId(),
    kind: "image" as const,
    type: "image/png",
    name: 'a "b".png',
    size: 12_345,
    width: 640,
    height: 480,
    thumbHash: "abc=",
  };
  const file = {
    id: newId(),
    kind: "file" as const,
    type: "application/pdf",
    name: "c.pdf",
    size: 2 ** 40,
    width: null,
    height: null,
    thumbHash: null,
  };
  return [
    { text: "quotes ' \" \\ $ne {} 🎉\t\n end", mentions: [newId()], reactions },
    { kind: "media", text: "", media: [image, file], replyTo: newId() },
    { kind: "system", text: "{}" },
    { kind: "encrypted", text: "", ciphertext: "AAEC_-" },
    { editedAt: T0 + 1, pinnedAt: T0 + 2 },
    { text: "", deletedAt: T0 + 3 },
  ];
}

function keyOf({ senderId, clientId }: Message) {
  return { senderId, clientId };
}

function byId(messages: Message[]): Message[] {
  return messages.toSorted((a, b) => a.id < b.id ? -1 : 1);
}
