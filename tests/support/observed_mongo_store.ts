import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import type { Store } from "../../src/store/store.ts";

/** Runs `check` with a store, and the names of the commands that it sends. */
export async function withObservedStore(
  uri: string,
  check: (store: Store, names: string[]) => Promise<void>,
): Promise<void> {
  const names: string[] = [];
  const store = await openMongoStore({
    uri: `${uri}&monitorCommands=true`,
    watchPool: (client) => {
      client.on("commandStarted", ({ commandName }) => names.push(commandName));
    },
  });
  try {
    await check(store, names);
  } finally {
    await store.close();
  }
}
