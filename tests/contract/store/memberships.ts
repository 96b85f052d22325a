import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Membership } from "../../../src/model/membership.ts";
import { aChange, storedChat, T0 } from "./rows.ts";
import type { PresentChat } from "../../../src/store/membership_store.ts";
import type { ContractTest } from "./suite.ts";

export function membershipContract(test: ContractTest): void {
  test("of returns present and former members, and null for others", async (store) => {
    const { chat, members } = await storedChat(store, {
      members: [{ role: "owner", mutedUntil: T0 + 5, notify: "mentions" }, { leftAt: T0 + 1 }],
    });
    for (const member of members) {
      assert.deepEqual(await store.memberships.of(chat.id, member.userId), member);
    }
    assert.equal(await store.memberships.of(chat.id, newId()), null);
    assert.equal(await store.memberships.of(newId(), members[0].userId), null);
  });

  test("ofChat is in order of joining, then of user, including former members", async (store) => {
    const [low, high] = [newId(), newId()];
    const { chat, members } = await storedChat(store, {
      members: [
        { joinedAt: T0 + 2, userId: high },
        { joinedAt: T0 + 3 },
        { joinedAt: T0 + 1, leftAt: T0 + 4 },
        { joinedAt: T0 + 2, userId: low },
      ],
    });
    await storedChat(store, { members: [{}] });
    const [tiedHigh, last, first, tiedLow] = members;
    const expected = [first, tiedLow, tiedHigh, last];
    assert.deepEqual(await store.memberships.ofChat(chat.id), expected);
    assert.deepEqual(await store.memberships.ofChat(newId()), []);
  });

  test("ofUser returns the rows of all chats, including chats they left", async (store) => {
    const userId = newId();
    const one = await storedChat(store, { members: [{ userId }, {}] });
    const two = await storedChat(store, { members: [{ userId, leftAt: T0 }] });
    const found = await store.memberships.ofUser(userId);
    assert.deepEqual(byChat(found), byChat([one.members[0], two.members[0]]));
    assert.deepEqual(await store.memberships.ofUser(newId()), []);
  });

  test("presentOfUser pages through the chats of a present member in order of id", async (store) => {
    const userId = newId();
    const stored = [];
    for (let i = 0; i < 4; i++) stored.push(await storedChat(store, { members: [{ userId }, {}] }));
    await storedChat(store, { members: [{ userId, leftAt: T0 }] });
    const rows = stored.map(({ members }) => presentChat(members[0]))
      .sort((a, b) => a.chatId < b.chatId ? -1 : 1);
    const page = async (userId: string, after: string | null) =>
      (await store.memberships.presentOfUser(userId, after, 3)).map(presentChat);
    assert.deepEqual(await page(userId, null), rows.slice(0, 3));
    assert.deepEqual(await page(userId, rows[2].chatId), [rows[3]]);
    assert.deepEqual(await page(userId, rows[3].chatId), []);
    assert.deepEqual(await page(newId(), null), []);
  });

  test("presentOfUser tells heads that are not newer than its memberships, if any", async (store) => {
    const userId = newId();
    const { chat } = await storedChat(store, { members: [{ userId }] });
    const next = { ...chat, rev: chat.rev + 1 };
    await store.chats.commit(aChange(chat.rev, next));
    const [row] = await store.memberships.presentOfUser(userId, null, 1);
    const { headBefore = next.rev, memberCount = next.memberCount } = row;
    assert.deepEqual([headBefore, memberCount], [next.rev, next.memberCount]);
  });

  test("ofUserIn returns the user's rows of the given chats, including chats they left", async (store) => {
    const userId = newId();
    const here = await storedChat(store, { members: [{ userId }, {}] });
    const left = await storedChat(store, { members: [{ userId, leftAt: T0 }] });
    const other = await storedChat(store, { members: [{}] });
    await storedChat(store, { members: [{ userId }] });
    const chatIds = [here.chat.id, left.chat.id, other.chat.id, newId()];
    const found = await store.memberships.ofUserIn(userId, chatIds);
    assert.deepEqual(byChat(found), byChat([here.members[0], left.members[0]]));
    assert.deepEqual(await store.memberships.ofUserIn(userId, []), []);
  });

  test("countReached counts present members by how far they have read and received", async (store) => {
    const { chat } = await storedChat(store, {
      members: [
        { readSeq: 5, deliveredSeq: 9 },
        { readSeq: 4, deliveredSeq: 5 },
        { readSeq: 1, deliveredSeq: 4 },
        { readSeq: 9, deliveredSeq: 9, leftAt: T0 },
      ],
    });
    const { memberships } = store;
    assert.deepEqual(await memberships.countReached(chat.id, 5), { read: 1, delivered: 2 });
    assert.deepEqual(await memberships.countReached(chat.id, 4), { read: 2, delivered: 3 });
    assert.deepEqual(await memberships.countReached(newId(), 1), { read: 0, delivered: 0 });
  });

  test("behind returns present members' rows of chats with a message past their cursor", async (store) => {
    const userId = newId();
    const behind = await storedChat(store, {
      members: [{ userId, readSeq: 2 }],
      messages: [{}, {}],
    });
    await storedChat(store, { members: [{ userId, readSeq: 2 }], messages: [{}] });
    await storedChat(store, { members: [{ userId }] });
    await storedChat(store, { members: [{ userId, leftAt: T0 }], messages: [{}] });
    const [membership] = behind.members;
    assert.deepEqual(await store.memberships.behind(userId, 9), [{ membership, lastSeq: 3 }]);
    const other = await storedChat(store, { members: [{ userId }], messages: [{}] });
    const both = (await store.memberships.behind(userId, 9)).map((row) => row.membership.chatId);
    assert.deepEqual(new Set(both), new Set([behind.chat.id, other.chat.id]));
    assert.equal((await store.memberships.behind(userId, 1)).length, 1);
    assert.deepEqual(await store.memberships.behind(newId(), 9), []);
  });

  test("a commit moves cursors forward only, of members and of senders", async (store) => {
    const { chat, members: [one, two, three] } = await storedChat(store, {
      members: [{ readSeq: 2, deliveredSeq: 2 }, { readSeq: 1, deliveredSeq: 3 }, { readSeq: 5 }],
      messages: [{}, {}],
    });
    const at = (rev: number) => ({ ...chat, rev });
    const rejoined = { ...one, role: "admin" as const, readSeq: 1, deliveredSeq: 4 };
    const reads = [
      { userId: two.userId, seq: 4, before: 3 },
      // Nothing was left for them to read.
      { userId: three.userId, seq: 6, before: 5 },
      { userId: newId(), seq: 4, before: 3 },
    ];
    await store.chats.commit(aChange(chat.rev, at(4), { members: [rejoined], reads }));
    const cursors = (await store.memberships.ofChat(chat.id)).map((row) =>
      [row.userId, row.readSeq, row.deliveredSeq] as const
    );
    assert.deepEqual(
      new Map(cursors.map(([userId, ...rest]) => [userId, rest])),
      new Map([
        [one.userId, [2, 4]],
        [two.userId, [4, 4]],
        [three.userId, [5, three.deliveredSeq]],
      ]),
    );
    assert.equal((await store.memberships.of(chat.id, one.userId))!.role, "admin");
  });

  test("changed returns rows after one revision up to another, in their order", async (store) => {
    const { chat, members } = await storedChat(store, {
      members: [{ rev: 4 }, { rev: 2 }, { rev: 3, leftAt: T0 }, { rev: 5 }, { rev: 1 }],
    });
    const [four, two, three] = members;
    assert.deepEqual(await store.memberships.changed(chat.id, 1, 4, 10), [two, three, four]);
    assert.deepEqual(await store.memberships.changed(chat.id, 1, 4, 2), [two, three]);
    assert.deepEqual(await store.memberships.changed(chat.id, 5, 9, 10), []);
    assert.deepEqual(await store.memberships.changed(newId(), 0, 9, 10), []);
  });

  test("cursors move forward only, and reading includes receiving", async (store) => {
    const { chat, members: [member] } = await storedChat(store, { members: [{}] });
    const move = (readSeq?: number, deliveredSeq?: number) =>
      store.memberships.moveCursors({
        chatId: chat.id,
        userId: member.userId,
        readSeq,
        deliveredSeq,
      });
    const at = (readSeq: number, deliveredSeq: number, moved: boolean) => ({
      membership: { ...member, readSeq, deliveredSeq },
      moved,
    });
    assert.deepEqual(await move(undefined, 3), at(0, 3, true));
    assert.deepEqual(await move(2), at(2, 3, true));
    assert.deepEqual(await move(5), at(5, 5, true));
    assert.deepEqual(await move(4, 4), at(5, 5, false));
    assert.deepEqual(await move(5, 5), at(5, 5, false));
    assert.deepEqual(await move(), at(5, 5, false));
    assert.deepEqual(await move(1, 6), at(5, 6, true));
    assert.deepEqual(
      await store.memberships.of(chat.id, member.userId),
      at(5, 6, true).membership,
    );
  });

  test("only a present member has cursors and settings to change", async (store) => {
    const { chat, members: [left] } = await storedChat(store, { members: [{ leftAt: T0 }] });
    for (const userId of [left.userId, newId()]) {
      const move = { chatId: chat.id, userId, readSeq: 1 };
      assert.equal(await store.memberships.moveCursors(move), null);
      assert.equal(await store.memberships.setNotify(chat.id, userId, "none", null), null);
    }
    assert.deepEqual(await store.memberships.of(chat.id, left.userId), left);
  });

  test("setNotify changes the settings and nothing else", async (store) => {
    const { chat, members: [member, other] } = await storedChat(store, { members: [{}, {}] });
    const expected = { ...member, notify: "mentions", mutedUntil: T0 + 7 };
    const { userId } = member;
    assert.deepEqual(
      await store.memberships.setNotify(chat.id, userId, "mentions", T0 + 7),
      expected,
    );
    assert.deepEqual(await store.memberships.of(chat.id, userId), expected);
    assert.deepEqual(await store.memberships.of(chat.id, other.userId), other);
    const unmuted = await store.memberships.setNotify(chat.id, userId, "all", null);
    assert.deepEqual(unmuted, member);
  });

  test("a commit keeps cursors and settings of a row, and a returning member has no old mute", async (store) => {
    const { chat, members: [member] } = await storedChat(store, { members: [{}] });
    const { userId } = member;
    await store.memberships.moveCursors({ chatId: chat.id, userId, readSeq: 3, deliveredSeq: 4 });
    await store.memberships.setNotify(chat.id, userId, "none", T0 + 9);
    const left = { ...member, rev: 2, leftAt: T0 + 1 };
    await store.chats.commit(aChange(1, { ...chat, rev: 2 }, { members: [left] }));
    const settings = { notify: "none", mutedUntil: T0 + 9 } as const;
    const cursors = { readSeq: 3, deliveredSeq: 4 };
    assert.deepEqual(await store.memberships.of(chat.id, userId), {
      ...left,
      ...cursors,
      ...settings,
    });
    const back: Membership = { ...member, rev: 3, joinedAt: T0 + 2, role: "admin" };
    await store.chats.commit(aChange(2, { ...chat, rev: 3 }, { members: [back] }));
    assert.deepEqual(await store.memberships.of(chat.id, userId), { ...back, ...cursors });
    await store.memberships.setNotify(chat.id, userId, "mentions", T0 + 8);
    const plain: Membership = { ...back, rev: 4, role: "member" };
    await store.chats.commit(aChange(3, { ...chat, rev: 4 }, { members: [plain] }));
    const kept = { ...cursors, notify: "mentions", mutedUntil: T0 + 8 };
    assert.deepEqual(await store.memberships.of(chat.id, userId), { ...plain, ...kept });
    assert.equal((await store.memberships.ofChat(chat.id)).length, 1);
  });
}

function byChat(rows: Membership[]): Membership[] {
  return rows.toSorted((a, b) => a.chatId < b.chatId ? -1 : 1);
}

function presentChat({ chatId, userId, hiddenSeq }: PresentChat): PresentChat {
  return { chatId, userId, hiddenSeq };
}
