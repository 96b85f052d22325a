import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Message } from "../../src/model/message.ts";
import { tombstone } from "../../src/model/tombstone.ts";
import { SCHEMA_STEPS } from "../../src/store/sqlite/steps/mod.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange, aPushDevice, aUser, sendTo, storedChat } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";

const SECRET = "Zebrafinch";

/**
 * Number of occurrences of the secret in the bytes of the folder's files, in any case of letters.
 */
function copies(folder: string): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    const bytes = Deno.readFileSync(`${folder}/${name}`);
    const text = new TextDecoder("latin1").decode(bytes).toLowerCase();
    count += text.split(SECRET.toLowerCase()).length - 1;
  }
  return count;
}

async function deleteMessages(store: Store, messages: Message[]): Promise<void> {
  const chat = (await store.chats.byId(messages[0].chatId))!;
  const updated = messages.map((message, i) => ({
    ...message,
    ...tombstone(1),
    rev: chat.rev + 1 + i,
  }));
  await store.chats.commit(
    aChange(chat.rev, { ...chat, rev: chat.rev + messages.length }, { updated }),
  );
}

/**
 * Other words around it, in several segments of the index, so that deleting is not the last write.
 */
async function writeMessages(store: Store, count: number): Promise<Message[]> {
  const { chat } = await storedChat(store, {});
  const texts = Array.from({ length: count }, (_, i) => `${SECRET} number ${i}`);
  const sent = await sendTo(store, chat, texts);
  await store.messages.search({ chatIds: [chat.id], query: SECRET, before: null, limit: 1 });
  const rest = await sendTo(store, sent.chat, ["a red kite", "a blue kite"]);
  await store.messages.search({ chatIds: [chat.id], query: "kite", before: null, limit: 1 });
  return [...sent.messages, ...rest.messages.slice(0, 1)];
}

Deno.test("SqliteStore leaves no copy of deleted messages in its files after a graceful stop", async () => {
  await using dir = await TempDir.make("deleted_data");
  const store = new SqliteStore(dir.join("chat.sqlite3"));
  const messages = await writeMessages(store, 500);
  await deleteMessages(store, messages.slice(0, 500));
  await store.close();
  assert.equal(copies(dir.path), 0);
});

Deno.test("SqliteStore removes copies of deleted rows from its files while it runs", async () => {
  await using dir = await TempDir.make("deleted_data");
  const timing = { purgeMs: 1, truncateMs: 20 };
  const store = new SqliteStore(dir.join("chat.sqlite3"), timing);
  const messages = await writeMessages(store, 300);
  const user = aUser({ bio: SECRET, email: `${SECRET}@example.org` });
  await store.users.create(user);
  const address = { kind: "fcm" as const, token: SECRET };
  await store.pushDevices.put(aPushDevice({ userId: user.id, address }), Infinity);
  assert.ok(copies(dir.path) > 300);
  await deleteMessages(store, messages.slice(0, 300));
  await store.pushDevices.deleteAllOf(user.id);
  await store.users.update(user.id, { bio: "", email: "a@b", emailKey: "a@b" });
  await eventually("no copy is left", () => copies(dir.path) === 0);
  const { messages: found } = await store.messages.search({
    chatIds: [messages[0].chatId],
    query: "kite",
    before: null,
    limit: 10,
  });
  assert.equal(found.length, 2, "the rest is still found");
  await store.close();
});

Deno.test("SqliteStore continues an interrupted purge in the next process", async () => {
  await using dir = await TempDir.make("deleted_data");
  const store = new SqliteStore(dir.join("chat.sqlite3"));
  const messages = await writeMessages(store, 50);
  await deleteMessages(store, messages.slice(0, 50));
  // The files as a crash would leave them.
  const copy = await Deno.makeTempDir({ dir: dir.path });
  for (const suffix of ["", "-wal"]) {
    await Deno.copyFile(dir.join(`chat.sqlite3${suffix}`), `${copy}/chat.sqlite3${suffix}`);
  }
  await store.close();
  assert.ok(copies(copy) > 0);
  await new SqliteStore(`${copy}/chat.sqlite3`).close();
  assert.equal(copies(copy), 0);
});

Deno.test("SqliteStore removes rows that an earlier release deleted, after an upgrade", async () => {
  await using dir = await TempDir.make("deleted_data");
  const path = dir.join("chat.sqlite3");
  const store = new SqliteStore(path);
  await writeMessages(store, 200);
  await store.users.create(aUser());
  await store.close();
  // As a release without `secure_delete` deletes, and without the later steps.
  const file = new DatabaseSync(path);
  file.exec("PRAGMA secure_delete = OFF");
  file.prepare("UPDATE messages SET text = '', deletedAt = 1 WHERE text LIKE ?").run(`${SECRET}%`);
  file.exec(
    `DELETE FROM message_index WHERE rowid IN (SELECT place FROM messages WHERE text = '')`,
  );
  file.close();
  assert.ok(copies(dir.path) > 0, "the test is about something");
  replayStep7(path);
  await new SqliteStore(path).close();
  assert.equal(copies(dir.path), 0);
});

/** As if the file were opened for the first time by a release that has the step. */
function replayStep7(path: string): void {
  const step = SCHEMA_STEPS.find((each) => String(each).includes("'vacuum'"));
  const file = new DatabaseSync(path);
  file.exec(String(step));
  file.close();
}
