import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../src/api/limits.ts";
import { ChatStateCache } from "../../src/chats/chat_state_cache.ts";
import { ChatsImport } from "../../src/import/chats_import.ts";
import { IdSequence } from "../../src/import/id_sequence.ts";
import { KnownIds } from "../../src/import/known_ids.ts";
import {
  type ChatLine,
  type ImportLine,
  type MessageLine,
  parseLine,
} from "../../src/import/lines.ts";
import { MessageRows } from "../../src/import/message_rows.ts";
import { MessagesImport } from "../../src/import/messages_import.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { aUser, T0 } from "../contract/store/rows.ts";
import { aGroup, aMessage } from "./lines.ts";

/** More than one write of a busy chat can lose by chance. */
const LOSSES = 60;

/** Others write first, before each of the next commits. */
function contended(store: Store): Store {
  let losses = LOSSES;
  const commit: Store["chats"]["commit"] = (change) =>
    losses-- > 0 ? Promise.resolve("stale") : store.chats.commit(change);
  const over = <T extends object>(object: T, replaced: Partial<T>): T =>
    new Proxy(object, {
      get: (target, name) => {
        if (name in replaced) return replaced[name as keyof T];
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return over(store, { chats: over(store.chats, { commit }) });
}

function parsed<Line extends ImportLine>(line: object): Line {
  return parseLine(JSON.stringify(line)) as Line;
}

function importsInto(store: Store) {
  const shared = {
    store,
    known: new KnownIds(store),
    ids: new IdSequence(),
    states: new ChatStateCache(store),
    clock: { now: () => T0 },
    limits: DEFAULT_LIMITS,
    unread: false,
  };
  const media = { attach: () => Promise.resolve([]) };
  return {
    chats: new ChatsImport(shared),
    messages: new MessagesImport({ ...shared, rows: new MessageRows(shared), media }),
  };
}

Deno.test("an import into a chat that others write to all the time is done in the end", async () => {
  const store = new SqliteStore(":memory:");
  try {
    for (const externalId of ["ann", "ben"]) await store.users.create(aUser({ externalId }));
    const chat = parsed<ChatLine>(aGroup("kites", ["ann", "ben"]));
    assert.equal(await importsInto(contended(store)).chats.put(chat), true);
    const texts = ["one", "two", "three"];
    const lines = texts.map((text, i) => ({
      number: i + 1,
      line: parsed<MessageLine>(aMessage("kites", "ben", { text })),
    }));
    const { made, refused } = await importsInto(contended(store)).messages.put("kites", lines);
    assert.deepEqual([made, refused], [texts.length, []]);
    const { id: chatId } = (await store.chats.byExternalId("kites"))!;
    const stored = await store.messages.page({ chatId, after: 0, limit: 10 });
    assert.deepEqual(stored.map(({ text }) => text), texts);
  } finally {
    await store.close();
  }
});
