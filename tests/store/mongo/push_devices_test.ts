import assert from "node:assert/strict";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { aPushDevice } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();
const CHATS = 8;

Deno.test({
  name: "chats whose pushes are due together find out by one read that there is no device",
  ignore: mongodb.missing,
  fn: async () => {
    const names: string[] = [];
    const store = await openMongoStore({
      uri: `${mongodb.uri()}&monitorCommands=true`,
      watchPool: (client) => {
        client.on("commandStarted", ({ commandName }) => names.push(commandName));
      },
    });
    try {
      const chatIds = Array.from({ length: CHATS }, (_, n) => `chat${n}`);
      const ask = () => Promise.all(chatIds.map((id) => store.pushDevices.anyInChat(id)));
      names.length = 0;
      assert.deepEqual(await ask(), Array(CHATS).fill(false));
      assert.deepEqual(names, ["find"]);
      await store.pushDevices.put(aPushDevice(), 1);
      assert.deepEqual(await ask(), Array(CHATS).fill(true));
    } finally {
      await store.close();
    }
  },
});
