import assert from "node:assert/strict";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aChange, aChat, aMember, aPushDevice } from "../contract/store/rows.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("SqlitePushDeviceStore finds no device in a chat if only others and former members have one", async () => {
  await using dir = await TempDir.make("push_devices");
  const store = new SqliteStore(dir.join("database"));
  try {
    const chat = aChat();
    const [member, former] = [aMember(chat.id), aMember(chat.id, { leftAt: 2 })];
    await store.chats.commit(aChange(0, chat, { members: [member, former] }));
    for (const { userId } of [former, aPushDevice()]) {
      await store.pushDevices.put(aPushDevice({ userId }), 5);
    }
    assert.equal(await store.pushDevices.anyInChat(chat.id), false);
    await store.pushDevices.put(aPushDevice({ userId: member.userId }), 5);
    assert.equal(await store.pushDevices.anyInChat(chat.id), true);
  } finally {
    await store.close();
  }
});
