import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { MongoAbandonedGroupStore } from "../../../src/store/mongo/abandoned_groups.ts";
import type { MongoConnection } from "../../../src/store/mongo/connection.ts";
import type { MongoMediaStore } from "../../../src/store/mongo/media.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { inTransaction } from "../../../src/store/mongo/transaction.ts";
import { aMedia, storedChat, T0 } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();

Deno.test({
  name: "clearing a group on MongoDB deletes nothing if one of its uploads cannot be released",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    const store = await openMongoStore({ uri });
    const { id, kind, type, name, size, width, height, thumbHash } = aMedia();
    const media = [{ id, kind, type, name, size, width, height, thumbHash }];
    const members = [{ leftAt: T0 }];
    const chats = [
      await storedChat(store, { chat: { name: "Files" }, members, messages: [{ media }] }),
      await storedChat(store, { chat: { name: "Picture", avatarMediaId: id }, members }),
    ];
    const client = await new MongoClient(uri).connect();
    const mongo = {
      collection: ({ name }: { name: string }) => client.db().collection(name),
      transact: (work: Parameters<typeof inTransaction>[1]) => inTransaction(client, work),
    } as unknown as MongoConnection;
    const failing = { use: () => Promise.reject(new Error("no release")) };
    const groups = new MongoAbandonedGroupStore(mongo, failing as unknown as MongoMediaStore);
    for (const { chat, messages } of chats) {
      await assert.rejects(groups.clear(chat.id, T0, 10), /no release/);
      assert.deepEqual(await store.messages.page({ chatId: chat.id, limit: 10 }), messages);
      assert.deepEqual(await store.chats.byId(chat.id), chat);
    }
    await client.close();
    await store.close();
  },
});
