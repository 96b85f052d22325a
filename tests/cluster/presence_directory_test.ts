import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { mongoInstanceTable } from "../../src/cluster/mongo/instances.ts";
import { connectMongo } from "../../src/cluster/mongo/connection.ts";
import { kvPresenceTable } from "../../src/cluster/kv/presence.ts";
import { localPresence } from "../../src/cluster/local/presence.ts";
import { mongoPresenceTable } from "../../src/cluster/mongo/presence.ts";
import {
  presenceDirectoryContract,
  type PresenceTables,
  sharedPresenceContract,
} from "../contract/presence_directory.ts";
import { sharedDenokv } from "../support/denokv_server.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";

const denokv = sharedDenokv();
const mongodb = sharedMongodb();

presenceDirectoryContract("Local", () => {
  return Promise.resolve({
    directory: localPresence(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

function tablesOn(kv: Deno.Kv): PresenceTables {
  return {
    instances: kvInstanceTable(kv),
    presence: kvPresenceTable(kv),
    // The next test may use the same server.
    async [Symbol.asyncDispose]() {
      for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
      kv.close();
    },
  };
}

sharedPresenceContract("Deno KV file", async () => tablesOn(await Deno.openKv(":memory:")));

sharedPresenceContract(
  "Deno KV server",
  async () => tablesOn(await Deno.openKv(denokv.server.url)),
  {
    ignore: denokv.missing,
  },
);

sharedPresenceContract("MongoDB", async () => {
  const { db, close } = await connectMongo(mongodb.uri());
  return {
    instances: mongoInstanceTable(db),
    presence: await mongoPresenceTable(db),
    [Symbol.asyncDispose]: close,
  };
}, { ignore: mongodb.missing });
