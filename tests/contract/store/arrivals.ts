import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Store } from "../../../src/store/store.ts";
import { aBlock, aChange, aChat, aMember, aSession, aUser, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

/** More than a store reads of one person at once. */
const MANY = 260;

/** Creates a chat with the user and `others` further members. */
async function found(store: Store, userId: string, others: number): Promise<string> {
  const members = [userId, ...Array.from({ length: others }, newId)];
  const chat = aChat({ memberCount: members.length });
  const rows = members.map((id) => aMember(chat.id, { userId: id }));
  await store.chats.commit(aChange(0, chat, { members: rows }));
  return chat.id;
}

export function arrivalContract(test: ContractTest): void {
  test("an arrival has the rows that its parts read by themselves", async (store) => {
    const user = aUser();
    const session = aSession({ userId: user.id });
    await store.users.create(user);
    await store.sessions.create(session);
    for (const n of [1, 3, 2]) {
      await store.blocks.add(aBlock({ blockerId: user.id, createdAt: T0 + n }), Infinity);
    }
    await store.blocks.add(aBlock({ blockedId: user.id }), Infinity);
    for (let i = 0; i < 3; i++) await found(store, user.id, 1);
    const arrival = await store.arrivals.of(user.id, session.id, 2);
    assert.deepEqual({ ...arrival, session: arrival.session?.endedAt }, {
      incarnation: await store.incarnation(),
      session: null,
      user,
      blockedIds: (await store.blocks.by(user.id)).map(({ blockedId }) => blockedId),
      chats: await store.memberships.presentOfUser(user.id, null, 2),
    });
    await store.sessions.end(session.id, T0 + 5, "logout");
    const ended = await store.arrivals.of(user.id, session.id, 2);
    assert.equal(ended.session?.endedAt, T0 + 5);
  });

  test("an arrival of an unknown user, without a session, is empty", async (store) => {
    const incarnation = await store.incarnation();
    assert.deepEqual(await store.arrivals.of(newId(), newId(), 10), {
      incarnation,
      session: null,
      user: null,
      blockedIds: [],
      chats: [],
    });
    assert.deepEqual(await store.arrivals.presenceOf(newId(), 10), {
      user: null,
      chatIds: [],
      strangerIds: [],
    });
  });

  test("presenceOf returns the small chats, and blocks of both directions", async (store) => {
    const user = aUser();
    await store.users.create(user);
    const small = [await found(store, user.id, 1), await found(store, user.id, 2)];
    await found(store, user.id, 3);
    const [by, against] = [aBlock({ blockerId: user.id }), aBlock({ blockedId: user.id })];
    for (const block of [by, against]) await store.blocks.add(block, Infinity);
    const reach = await store.arrivals.presenceOf(user.id, 3);
    assert.deepEqual(reach.user, user);
    assert.deepEqual(reach.chatIds.toSorted(), small.toSorted());
    assert.deepEqual(
      reach.strangerIds.toSorted(),
      [by.blockedId, against.blockerId].toSorted(),
    );
  });

  test("an arrival has all of many blocks", async (store) => {
    const me = newId();
    const others = Array.from({ length: MANY }, newId);
    await Promise.all(
      others.map((blockedId, n) =>
        store.blocks.add(aBlock({ blockerId: me, blockedId, createdAt: T0 + n }), Infinity)
      ),
    );
    const { blockedIds } = await store.arrivals.of(me, newId(), 1);
    assert.deepEqual(blockedIds, others.toReversed());
    const { strangerIds } = await store.arrivals.presenceOf(me, 1);
    assert.deepEqual(strangerIds.toSorted(), others.toSorted());
  });

  test("presenceOf returns all of many small chats", async (store) => {
    const me = newId();
    const chatIds: string[] = [];
    for (let at = 0; at < 2 * MANY; at += 40) {
      const some = Array.from({ length: 40 }, () => found(store, me, 1));
      chatIds.push(...await Promise.all(some));
    }
    const reach = await store.arrivals.presenceOf(me, 2);
    assert.deepEqual(reach.chatIds.toSorted(), chatIds.toSorted());
  });
}
