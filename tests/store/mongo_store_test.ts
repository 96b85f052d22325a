import { sharedMongodb } from "../support/mongodb_server.ts";
import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import { type OpenedStore, storeContract } from "../contract/store/suite.ts";

const mongodb = sharedMongodb();

storeContract("MongoDB", openEmpty, { ignore: mongodb.missing });

async function openEmpty(): Promise<OpenedStore> {
  const uri = mongodb.uri();
  const store = await openMongoStore({ uri });
  const stores = [store];
  return {
    store,
    second: async () => {
      const second = await openMongoStore({ uri });
      stores.push(second);
      return second;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((each) => each.close()));
    },
  };
}
