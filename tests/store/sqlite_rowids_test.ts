import assert from "node:assert/strict";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aChange, aMessage, storedChat } from "../contract/store/rows.ts";
import { TempDir } from "../support/temp_dir.ts";

/**
 * An id of a given millisecond and counter, in the format of `newId`, but with a given random
 * number.
 */
function idAt(ms: number, counter: number, random: number): string {
  const time = ms.toString(16).padStart(12, "0");
  const tail = random.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${
    counter.toString(16).padStart(3, "0")
  }-8000-${tail}`;
}

Deno.test("SqliteStore stores every message after the clock has stepped back onto earlier ids", async () => {
  await using dir = await TempDir.make("places");
  const store = new SqliteStore(dir.join("store.db"));
  const ms = Date.now();
  const { chat } = await storedChat(store, {});
  // A process that sends much in one millisecond, and later another one at the same time by the
  // clock.
  const ids = [1, 2, 3].flatMap((random) =>
    Array.from({ length: 300 }, (_, counter) => idAt(ms, counter, random))
  );
  const inserted = ids.map((id, i) => aMessage(chat.id, i + 2, { id, text: `kite ${i}` }));
  const head = { ...chat, rev: ids.length + 1, lastSeq: ids.length + 1 };
  await store.chats.commit(aChange(1, head, { inserted }));
  const seen: string[] = [];
  for (let before: string | null = null;;) {
    const search = { chatIds: [chat.id], query: "kite", before, limit: 100 };
    const { messages, next } = await store.messages.search(search);
    seen.push(...messages.map(({ id }) => id));
    if (next === null) break;
    before = next;
  }
  assert.deepEqual(seen.toSorted(), ids.toSorted(), "each is found, once");
  await store.close();
});
