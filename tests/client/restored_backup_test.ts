import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createApp } from "../../src/app.ts";
import { silentLog } from "../../src/core/log.ts";
import { freePort } from "../support/free_port.ts";
import { seedPeople } from "../support/people.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";
import { clientOf } from "./people.ts";

for (const isRenewed of [true, false]) {
  const how = isRenewed ? "by deno task restore" : "by hand, as an old file";
  Deno.test(`a client that is ahead of a backup restored ${how} starts over`, async () => {
    await using folder = await TempDir.make("restored");
    const dataDir = folder.join("data");
    const config = testConfig(dataDir, { PORT: String(freePort()) });
    const file = `${dataDir}/chat.sqlite3`;
    const url = `http://127.0.0.1:${config.port}`;
    let server = await serve(config);
    const { ann, bob } = await seedPeople(config, ["ann", "bob"]);
    await using anns = await clientOf(url, ann);
    const chat = await anns.client.openDirect(bob.id);
    await anns.client.send(chat.id, { text: "in the backup" });
    await server.stop();
    await Deno.copyFile(file, folder.join("backup.sqlite3"));
    server = await serve(config);
    await anns.client.online();
    for (let i = 0; i < 5; i++) await anns.client.send(chat.id, { text: `lost ${i}` });
    await server.stop();
    await Deno.copyFile(folder.join("backup.sqlite3"), file);
    if (isRenewed) renew(file);
    server = await serve(config);
    await anns.client.online();
    assert.deepEqual(anns.texts(chat.id), ["in the backup"]);
    await anns.client.send(chat.id, { text: "after it" });
    assert.deepEqual(anns.texts(chat.id), ["in the backup", "after it"]);
    await anns.client.close();
    await server.stop();
  });
}

/** Gives the store another incarnation, as `deno task restore` does. */
function renew(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'incarnation'");
  db.close();
}

async function serve(config: ReturnType<typeof testConfig>) {
  const app = await createApp(config, silentLog);
  const server = Deno.serve({ port: config.port, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  return { stop: () => app.drain(() => server.shutdown()) };
}
