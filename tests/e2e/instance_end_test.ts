import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testedStores } from "../support/tested_stores.ts";
import { within } from "../support/within.ts";
import { WsClient } from "../support/ws_client.ts";

const [mongo] = testedStores().filter(({ name }) => name === "MongoDB");

/** Far more than the test takes: only the end of the instance can announce what it asks for. */
const SLOW = { LIMIT_TYPING_TIME_MS: "60000", LIMIT_PRESENCE_GRACE_MS: "300000" };

for (const broker of ["mongo", "kv"]) {
  Deno.test({
    name:
      `an instance that ends tells the others who stopped typing, and what was read (${broker})`,
    ignore: mongo.ignore,
    fn: async () => {
      await using folder = await TempDir.make("brokers");
      const environment = {
        ...mongo.environment(),
        ...SLOW,
        BROKER: broker,
        DENO_KV_PATH: folder.join("kv.sqlite3"),
      };
      const ending = await RunningApp.start(environment);
      await using staying = await RunningApp.start(environment);
      const { ann, bob } = await ending.people("ann", "bob");
      const { body: chat } = await staying.client(ann).post("/api/chats", { userId: bob.id });
      const { client: anns } = await WsClient.connect(staying.webSocketUrl, ann.token);
      await using _ = anns;
      const { client: bobs } = await WsClient.connect(ending.webSocketUrl, bob.token);
      const seen = (event: string, fields: object) =>
        eventually(`${event} ${JSON.stringify(fields)}`, () => {
          return anns.events.find((each) => each.event === event && has(each.data, fields));
        });
      for (const text of ["one", "two"]) {
        await staying.client(ann).post("/api/messages", { chatId: chat.id, text });
      }
      await bobs.command("typing.start", { chatId: chat.id });
      await seen("typing", { userId: bob.id, typing: true });
      // The first receipt goes out at once, and the next one is gathered.
      for (const seq of [1, 2]) {
        assert.ok((await bobs.command("chat.read", { chatId: chat.id, seq })).ok);
      }
      await within("the instance ends", ending.stop());
      await seen("typing", { userId: bob.id, typing: false });
      await seen("receipt.updated", { userId: bob.id, readSeq: 2 });
    },
  });
}

function has(data: unknown, fields: object): boolean {
  const found = data as Record<string, unknown>;
  return Object.entries(fields).every(([name, value]) => found[name] === value);
}
