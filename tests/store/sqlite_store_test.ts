import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contract/store/suite.ts";
import { TempDir } from "../support/temp_dir.ts";

storeContract("SQLite", async () => {
  const dir = await TempDir.make("sqlite_store");
  const stores: Store[] = [];
  const open = () => {
    const store = new SqliteStore(dir.join("store.db"));
    stores.push(store);
    return store;
  };
  return {
    store: open(),
    second: () => Promise.resolve(open()),
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      await dir[Symbol.asyncDispose]();
    },
  };
});
