import assert from "node:assert/strict";
import { aPushDevice } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";
import { withObservedStore } from "../../support/observed_mongo_store.ts";

const mongodb = sharedMongodb();
const CHATS = 8;

Deno.test({
  name: "chats whose pushes are due together find out by one read that there is no device",
  ignore: mongodb.missing,
  fn: () =>
    withObservedStore(mongodb.uri(), async (store, names) => {
      const chatIds = Array.from({ length: CHATS }, (_, n) => `chat${n}`);
      const ask = () => Promise.all(chatIds.map((id) => store.pushDevices.anyInChat(id)));
      names.length = 0;
      assert.deepEqual(await ask(), Array(CHATS).fill(false));
      assert.deepEqual(names, ["find"]);
      await store.pushDevices.put(aPushDevice(), 1);
      assert.deepEqual(await ask(), Array(CHATS).fill(true));
    }),
});
