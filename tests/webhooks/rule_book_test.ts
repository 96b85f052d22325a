import assert from "node:assert/strict";
import { secretBox } from "../../src/auth/secret_box.ts";
import { systemClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { jsonLog, silentLog } from "../../src/core/log.ts";
import type { ServerCaller } from "../../src/model/caller.ts";
import { RuleBook } from "../../src/webhooks/screening/rule_book.ts";
import { openStoreOf } from "../support/people.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";

const ORIGIN = "http://127.0.0.1:3000";
const KEYS = ["the first encryption key of the tests", "the second encryption key of the tests"];
const SERVER = { key: { id: newId() }, userId: null } as ServerCaller;

Deno.test("RuleBook reports a hook's secret that can no longer be read once, and applies the hook", async () => {
  await using folder = await TempDir.make("rule_book");
  const store = await openStoreOf(testConfig(folder.join("data")));
  const lines: string[] = [];
  const bookUnder = (key: string) =>
    new RuleBook({
      store,
      box: secretBox([key]),
      audit: { by: () => Promise.resolve() },
      clock: systemClock,
      log: jsonLog("warn", (line) => lines.push(line)),
      allowedOrigins: [ORIGIN],
      configured: null,
      announce() {},
    });
  const hook = { url: `${ORIGIN}/before`, onFailure: "refuse" } as const;
  await bookUnder(KEYS[0]).setHook(SERVER, hook);
  assert.deepEqual(lines, [], "readable under the key that sealed it");

  const later = bookUnder(KEYS[1]);
  for (let n = 0; n < 3; n++) await later.refresh();
  assert.equal(lines.length, 1, lines.join("\n"));
  const { level, message } = JSON.parse(lines[0]);
  assert.equal(level, "error");
  assert.match(message, /^Cannot read the secret of the message hook.*ENCRYPTION_KEY/);
  assert.equal(later.rules?.hook?.onFailure, "refuse", "the hook still applies");

  await later.setHook(SERVER, hook);
  await later.refresh();
  assert.equal(lines.length, 1, "setting the hook again mends it");
  await bookUnder(KEYS[0]).refresh();
  assert.equal(lines.length, 2, "another secret that cannot be read is reported too");
  await store.close();
});

Deno.test("RuleBook announces every change to the other instances, after it applies here", async () => {
  await using folder = await TempDir.make("rule_book");
  const store = await openStoreOf(testConfig(folder.join("data")));
  const announced: [boolean, number][] = [];
  const book: RuleBook = new RuleBook({
    store,
    box: secretBox([KEYS[0]]),
    audit: { by: () => Promise.resolve() },
    clock: systemClock,
    log: silentLog,
    allowedOrigins: [ORIGIN],
    configured: null,
    announce: () => {
      const hasHook = (book.rules?.hook ?? null) !== null;
      announced.push([hasHook, book.rules?.filters.words.length ?? 0]);
    },
  });
  await book.setHook(SERVER, { url: `${ORIGIN}/before`, onFailure: "allow" });
  const words = [{ word: "kite", action: "refuse" as const }];
  await book.setFilters(SERVER, { ...await book.filters(), words });
  await book.removeHook(SERVER);
  assert.deepEqual(announced, [[true, 0], [true, 1], [false, 1]]);
  await store.close();
});
