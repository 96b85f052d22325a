import assert from "node:assert/strict";
import { EncryptionNotices } from "../../src/encryption/notices.ts";
import { newId } from "../../src/core/ids.ts";

Deno.test("EncryptionNotices tells of a device only those who share an encrypted chat now", async () => {
  const [ann, bob, former, other, earlier] = Array.from({ length: 5 }, newId);
  const chats: Record<string, { encrypted: boolean; members: [string, number | null][] }> = {
    shared: { encrypted: true, members: [[ann, null], [bob, null], [former, 1]] },
    plain: { encrypted: false, members: [[ann, null], [other, null]] },
    left: { encrypted: true, members: [[ann, 1], [earlier, null]] },
  };
  const rows = Object.entries(chats).flatMap(([chatId, { members }]) =>
    members.map(([userId, leftAt]) => ({ chatId, userId, leftAt }))
  );
  const store = {
    memberships: {
      ofUser: (id: string) => Promise.resolve(rows.filter(({ userId }) => userId === id)),
      ofChat: (id: string) => Promise.resolve(rows.filter(({ chatId }) => chatId === id)),
    },
    chats: {
      byIds: (ids: string[]) => Promise.resolve(ids.map((id) => ({ id, ...chats[id] }))),
    },
  };
  const told: string[][] = [];
  const notices = new EncryptionNotices(store as never, (userIds) => void told.push(userIds));
  const device = { id: newId(), userId: ann, name: "", signatureKey: "", createdAt: 0 };
  await notices.devices(ann, [device], "added");
  assert.deepEqual(told.map((each) => each.sort()), [[ann, bob].sort()]);
  await notices.devices(ann, [], "removed");
  assert.equal(told.length, 1);
});
