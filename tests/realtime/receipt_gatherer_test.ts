import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { ReceiptGatherer } from "../../src/realtime/receipt_gatherer.ts";
import type { Store } from "../../src/store/store.ts";
import type { ReceiptsView } from "../../src/api/views/member.ts";
import { aChat, aMember } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { withHeldMaps } from "../support/held_maps.ts";

/** A gatherer over a store with one chat, of which all members but one have read everything. */
function gathererOf(members: number, receiptMembers: number) {
  const chat = aChat({ memberCount: members, lastSeq: 7 });
  const toRoom: WireEvent[] = [];
  const toUsers: { userIds: string[]; event: WireEvent }[] = [];
  const counts = { read: members - 1, delivered: members };
  const store = {
    chats: { byId: () => Promise.resolve(chat) },
    memberships: { countReached: () => Promise.resolve(counts) },
  } as unknown as Pick<Store, "chats" | "memberships">;
  const gatherer = new ReceiptGatherer({
    store,
    publisher: {
      toRoom: (_, event) => void toRoom.push(event),
      toUsers: (userIds, event) => void toUsers.push({ userIds, event }),
    },
    log: silentLog,
    limits: { receiptMembers },
    gatherMs: 5,
    countMs: 5,
  });
  const read = (userId = newId(), isHeard = true, readSeq = 7) =>
    gatherer.moved(aMember(chat.id, { userId, readSeq, deliveredSeq: readSeq }), chat, isHeard);
  return { chat, gatherer, read, toRoom, toUsers };
}

const readersOf = ({ data }: WireEvent) => {
  const { others = [], ...first } = data as ReceiptsView;
  return [first, ...others].map(({ userId }) => userId);
};

Deno.test("ReceiptGatherer publishes the first receipt at once, and those that follow together", async () => {
  const { gatherer, read, toRoom, toUsers } = gathererOf(100, 100);
  const ids = Array.from({ length: 100 }, () => newId());
  for (const id of ids) read(id);
  assert.deepEqual(toRoom.map(readersOf), [[ids[0]]]);
  await eventually("the others follow", () => toRoom.length > 1);
  assert.deepEqual(toRoom.map(readersOf), [[ids[0]], ids.slice(1)]);
  assert.deepEqual(toUsers, [], "one's own devices are in the room");
  gatherer.close();
});

Deno.test("ReceiptGatherer publishes the last cursor of a member who reads on", async () => {
  const { gatherer, read, toRoom } = gathererOf(3, 100);
  const [first, second] = [newId(), newId()];
  read(first);
  read(second, true, 6);
  read(second, true, 7);
  await eventually("they follow", () => toRoom.length > 1);
  assert.deepEqual([readersOf(toRoom[1]), (toRoom[1].data as ReceiptsView).readSeq], [[second], 7]);
  gatherer.close();
});

Deno.test("ReceiptGatherer counts the readers of a chat with more members than the limit", async () => {
  const { chat, gatherer, read, toRoom, toUsers } = gathererOf(1_000, 100);
  const ids = Array.from({ length: 1_000 }, () => newId());
  for (const id of ids) read(id);
  await eventually("the count follows", () => toRoom.length === 2);
  const data = { chatId: chat.id, seq: 7, read: 999, delivered: 1_000 };
  const counted = { event: "receipt.counted", chatId: chat.id, data };
  assert.deepEqual(toRoom, [counted, counted]);
  assert.deepEqual(toUsers.map(({ userIds }) => userIds), ids.map((id) => [id]));
  gatherer.close();
});

Deno.test("ReceiptGatherer sends a hidden receipt to the member's own devices only", () => {
  const { gatherer, read, toRoom, toUsers } = gathererOf(2, 100);
  const id = newId();
  read(id, false);
  assert.deepEqual([toRoom, toUsers.map(({ userIds }) => userIds)], [[], [[id]]]);
  gatherer.close();
});

Deno.test("ReceiptGatherer publishes gathered receipts when it is closed", () => {
  const { gatherer, read, toRoom } = gathererOf(3, 100);
  const ids = [newId(), newId(), newId()];
  for (const id of ids) read(id);
  gatherer.close();
  assert.deepEqual(toRoom.map(readersOf), [[ids[0]], ids.slice(1)]);
});

Deno.test("ReceiptGatherer holds nothing of a chat in which reading has stopped", async () => {
  for (const receiptMembers of [100, 1]) {
    const { made, held } = withHeldMaps(() => gathererOf(3, receiptMembers));
    for (let i = 0; i < 3; i++) made.read();
    assert.deepEqual(held(), [1]);
    await eventually("nothing is held", () => held().length === 0);
  }
});
