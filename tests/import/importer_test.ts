import assert from "node:assert/strict";
import { Importer } from "../../src/import/importer.ts";
import { ImportReport, NO_COUNTS } from "../../src/import/import_report.ts";
import { LineReader } from "../../src/import/line_reader.ts";
import { TempDir } from "../support/temp_dir.ts";
import { delay } from "../../src/core/delay.ts";
import { AppError } from "../../src/core/errors.ts";
import { aGroup, aMessage, aPerson } from "./lines.ts";

/** An import of so many people, of which the earlier run had read some and refused so many. */
async function resumed(strict: boolean, { people, read, refused }: Record<string, number>) {
  await using folder = await TempDir.make("importer");
  const lines = Array.from({ length: people }, (_, i) => JSON.stringify(aPerson(`p${i}`)));
  await Deno.writeTextFile(folder.join("file"), lines.join("\n") + "\n");
  using earlier = await LineReader.open(folder.join("file"));
  const reading = earlier.lines();
  for (let i = 0; i < read; i++) await reading.next();
  const progress = { ...earlier.position, refused };
  const saved: unknown[] = [];
  let isCleared = false;
  const names: string[] = [];
  const batches: number[] = [];
  const report = new ImportReport(() => {});
  const importer = new Importer({
    target: {
      person: ({ externalId }: { externalId: string }) => {
        names.push(externalId);
        return Promise.resolve(true);
      },
    } as never,
    report,
    checkpoint: {
      load: () => Promise.resolve(progress),
      save: (one: unknown) => Promise.resolve(void saved.push(one)),
      clear: () => Promise.resolve(void (isCleared = true)),
    } as never,
    strict,
    onBatch: (lines) => batches.push(lines),
  });
  using reader = await LineReader.open(folder.join("file"));
  const isDone = await importer.run(reader);
  return { isDone, isCleared, names, batches, saved, counts: report.counts };
}

Deno.test("Importer goes on where an earlier run was left, and counts what that refused", async () => {
  const { isDone, isCleared, names, batches, saved, counts } = await resumed(false, {
    people: 5,
    read: 3,
    refused: 2,
  });
  assert.deepEqual(names, ["p3", "p4"]);
  assert.deepEqual(batches, [3, 5]);
  assert.deepEqual(counts, { ...NO_COUNTS, people: 2, refused: 2 });
  assert.deepEqual(saved.map((one) => (one as { refused: number }).refused), [2]);
  assert.deepEqual([isDone, isCleared], [true, true]);
});

Deno.test("Importer reads a corrected file from its start, if the strict run before had refused a line", async () => {
  const left = { people: 5, read: 3 };
  const again = await resumed(true, { ...left, refused: 1 });
  assert.equal(again.names.length, 5);
  assert.deepEqual([again.isDone, again.counts.refused], [true, 0]);
  const interrupted = await resumed(true, { ...left, refused: 0 });
  assert.deepEqual(interrupted.names, ["p3", "p4"], "none was refused");
  assert.equal(interrupted.isDone, true);
});

/** Imports these lines into a target that takes its time and refuses or fails at some. */
async function written(lines: unknown[], strict: boolean, failing: Record<string, Error> = {}) {
  await using folder = await TempDir.make("importer");
  const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
  await Deno.writeTextFile(folder.join("file"), text.join("\n"));
  using reader = await LineReader.open(folder.join("file"));
  const events: string[] = [];
  const late = async (event: string) => {
    await delay(1);
    if (failing[event]) throw failing[event];
    events.push(event);
    return true;
  };
  const refused: string[] = [];
  const report = new ImportReport((line) => refused.push(line));
  const importer = new Importer({
    target: {
      person: ({ externalId }) => late(externalId),
      chat: ({ externalId }) => late(externalId),
      messages: async (chat, lines) => {
        await late(`${lines.length} in ${chat}`);
        const bad = lines.filter(({ line }) => line.text === "bad")
          .map(({ number }) => ({ number, error: new AppError("conflict", "is bad") }));
        return { made: lines.length - bad.length, existing: 0, files: 0, refused: bad };
      },
    },
    report,
    checkpoint: {
      load: () => Promise.resolve(null),
      save: ({ lines, refused }: { lines: number; refused: number }) =>
        late(`saved ${lines} lines, ${refused} refused`),
      clear: () => late("cleared"),
    } as never,
    strict,
    onBatch: () => {},
  });
  const isDone = await importer.run(reader).catch((error) => error.message);
  return { isDone, events, refused, counts: report.counts };
}

Deno.test("Importer writes people, then chats, then messages, and each before it goes on", async () => {
  const lines = [aMessage("g", "ann"), aGroup("g", ["ann"]), aGroup("h", ["ann"]), aPerson("ann")];
  const { isDone, events, refused, counts } = await written(lines, true);
  assert.deepEqual(events, ["ann", "g", "h", "1 in g", "saved 4 lines, 0 refused", "cleared"]);
  assert.deepEqual([isDone, refused], [true, []]);
  assert.deepEqual(counts, { ...NO_COUNTS, people: 1, chats: 2, messages: 1 });
  assert.deepEqual((await written([], false)).events, ["cleared"]);
});

Deno.test("Importer reports each refused line, goes on unless it is strict, and fails with the store", async () => {
  const lines = [aPerson("ann"), "{}", aPerson("ben"), aMessage("g", "ann", { text: "bad" })];
  const failing = { ben: new AppError("conflict", "is there") };
  const lax = await written(lines, false, failing);
  assert.deepEqual(lax.refused.map((line) => line.slice(0, 7)), ["line 2:", "line 3:", "line 4:"]);
  assert.deepEqual([lax.isDone, lax.counts.refused, lax.events.at(-1)], [true, 3, "cleared"]);
  const strict = await written(lines, true, failing);
  assert.deepEqual(strict.isDone, false);
  assert.ok(!strict.events.some((event) => /saved|cleared/.test(event)), strict.events.join());
  for (const error of [new AppError("unavailable", "is away"), new Error("is away")]) {
    const { isDone, refused } = await written(lines, false, { ann: error });
    assert.deepEqual([isDone, refused], ["is away", []]);
  }
});

Deno.test("Importer hands a chat's messages on in parts of 256, and stops a strict run early", async () => {
  const messages = Array.from({ length: 600 }, () => aMessage("g", "ann"));
  const { events } = await written(messages, false);
  assert.deepEqual(events.slice(0, 3), ["256 in g", "256 in g", "88 in g"]);
  const people = Array.from({ length: 5_000 }, (_, i) => aPerson(`p${i}`));
  const all = (await written(people, false)).events;
  assert.equal(all.filter((event) => event.startsWith("p")).length, 5_000, "each once");
  assert.deepEqual(
    all.filter((event) => event.startsWith("saved")),
    [2_000, 4_000, 5_000].map((lines) => `saved ${lines} lines, 0 refused`),
  );
  const failing = { p0: new AppError("conflict", "is there") };
  const { isDone, events: made } = await written(people, true, failing);
  assert.equal(isDone, false);
  assert.ok(made.length < 4_999, `${made.length} were written after the first batch`);
});
