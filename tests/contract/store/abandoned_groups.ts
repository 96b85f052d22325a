import assert from "node:assert/strict";
import type { Store } from "../../../src/store/store.ts";
import { aChange, aMedia, aNotification, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function abandonedGroupContract(test: ContractTest): void {
  test("a group that everyone has left is listed until it is cleared", async (store) => {
    const { chat, members } = await leftGroup(store);
    await storedChat(store, { members: [{}], messages: [{ text: "in use" }] });
    assert.deepEqual(await store.abandonedGroups.list(10), [chat.id]);
    assert.equal(await store.abandonedGroups.clear(chat.id, T0 + 9, 10), true);
    assert.deepEqual(await store.abandonedGroups.list(10), []);
    const cleared = await store.chats.byId(chat.id);
    assert.deepEqual([cleared?.name, cleared?.description, cleared?.rev], ["", "", chat.rev]);
    assert.deepEqual(await store.memberships.of(chat.id, members[0].userId), members[0]);
  });

  test("clearing deletes messages in batches, together with their index entries", async (store) => {
    const { chat, messages } = await leftGroup(store);
    assert.equal(await store.abandonedGroups.clear(chat.id, T0, 2), false);
    assert.equal((await store.messages.page({ chatId: chat.id, limit: 10 })).length, 1);
    assert.equal(await store.abandonedGroups.clear(chat.id, T0, 2), true);
    assert.deepEqual(await store.messages.page({ chatId: chat.id, limit: 10 }), []);
    assert.deepEqual(await store.messages.byIds(messages.map(({ id }) => id)), []);
    const search = { chatIds: [chat.id], query: "kite", before: null, limit: 10 };
    assert.deepEqual((await store.messages.search(search)).messages, []);
  });

  test("clearing releases uploads, and deletes notifications about the group", async (store) => {
    const media = aMedia({ uses: 1, checkAt: null }), picture = aMedia({ uses: 1, checkAt: null });
    for (const upload of [media, picture]) await store.media.create(upload);
    const { chat, members: [{ userId }] } = await leftGroup(store, media.id, picture.id);
    const [about, other] = [aNotification({ userId, chatId: chat.id }), aNotification({ userId })];
    await store.notifications.add([about, other]);
    assert.equal(await store.abandonedGroups.clear(chat.id, T0 + 9, 10), true);
    for (const { id } of [media, picture]) {
      const row = await store.media.byId(id);
      assert.deepEqual([row?.uses, row?.checkAt], [0, T0 + 9]);
    }
    assert.deepEqual(await store.notifications.page(userId, null, 10), [other]);
    assert.deepEqual(await store.messages.carrying(media.id, 10), []);
  });

  test("clearing skips groups with members, and missing ones", async (store) => {
    const { chat, messages } = await storedChat(store, { members: [{}], messages: [{}] });
    assert.equal(await store.abandonedGroups.clear(chat.id, T0, 10), true);
    assert.equal(await store.abandonedGroups.clear("nowhere", T0, 10), true);
    assert.deepEqual(await store.messages.byId(messages[0].id), messages[0]);
    assert.deepEqual(await store.chats.byId(chat.id), chat);
  });

  test("clearing an encrypted group deletes its Commits and keys", async (store) => {
    const { chat } = await leftGroup(store);
    const rev = chat.rev + 1;
    await store.chats.commit(aChange(chat.rev, { ...chat, rev, epoch: 1 }, {
      mls: {
        commits: [{
          chatId: chat.id,
          rev,
          generation: 0,
          epoch: 0,
          senderId: "s",
          clientId: "c",
          message: "m",
          createdAt: T0,
        }],
        groupInfo: { chatId: chat.id, generation: 0, epoch: 1, groupInfo: "g" },
        welcomes: [{
          id: "w",
          chatId: chat.id,
          userId: "u",
          deviceId: "d",
          rev,
          generation: 0,
          epoch: 1,
          message: "m",
          createdAt: T0,
        }],
      },
    }));
    assert.equal(await store.abandonedGroups.clear(chat.id, T0, 10), true);
    assert.deepEqual(await store.handshakes.changed(chat.id, 0, rev, 10), []);
    assert.equal(await store.handshakes.groupInfo(chat.id), null);
    assert.deepEqual(await store.handshakes.welcomesFor("d", 10), []);
  });
}

function leftGroup(store: Store, mediaId?: string, avatarMediaId: string | null = null) {
  const { id, kind, type, name, size, width, height, thumbHash } = aMedia({ id: mediaId });
  const media = { id, kind, type, name, size, width, height, thumbHash };
  return storedChat(store, {
    chat: { name: "Kites", description: "All about kites", avatarMediaId },
    members: [{ leftAt: T0 + 1 }],
    messages: [
      { text: "a red kite", media: mediaId === undefined ? [] : [media] },
      { text: "a blue kite" },
      { text: "a green kite" },
    ],
  });
}
