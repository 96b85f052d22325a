import assert from "node:assert/strict";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { WatchedTransactions } from "../support/watched_transactions.ts";
import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import { type OpenedStore, storeContract } from "../contract/store/suite.ts";

const mongodb = sharedMongodb();

storeContract("MongoDB", openEmpty, { ignore: mongodb.missing });

async function openEmpty(): Promise<OpenedStore> {
  const uri = mongodb.uri();
  const transactions = new WatchedTransactions();
  const open = () =>
    openMongoStore({
      uri: WatchedTransactions.uri(uri),
      watchPool: (client) => transactions.watch(client),
    });
  const store = await open();
  const stores = [store];
  return {
    store,
    second: async () => {
      const second = await open();
      stores.push(second);
      return second;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((each) => each.close()));
      assert.deepEqual(
        transactions.notAwaited,
        [],
        "commands of a transaction that waited for none",
      );
    },
  };
}
