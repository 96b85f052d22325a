import assert from "node:assert/strict";
import { LineReader, MAX_LINE_BYTES, type ReadLine } from "../../src/import/line_reader.ts";
import { TempDir } from "../support/temp_dir.ts";

async function fileOf(folder: TempDir, content: string | Uint8Array): Promise<string> {
  const path = folder.join("file");
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  return path;
}

async function linesOf(path: string): Promise<ReadLine[]> {
  using reader = await LineReader.open(path);
  return await Array.fromAsync(reader.lines());
}

Deno.test("LineReader numbers lines as an editor does, without a mark and blank lines", async () => {
  await using folder = await TempDir.make("lines");
  const path = await fileOf(folder, "\ufeffone\r\n\n  \nfour\n\nlast");
  assert.deepEqual((await linesOf(path)).map(({ number, text }) => [number, text?.trim()]), [
    [1, "one"],
    [4, "four"],
    [6, "last"],
  ]);
});

Deno.test("LineReader leaves a blank last line out, and accepts a line of the greatest length", async () => {
  await using folder = await TempDir.make("lines");
  for (const content of ["one\n \t", "one\n\n", "one\n", "one"]) {
    const lines = await linesOf(await fileOf(folder, content));
    assert.deepEqual(lines.map(({ text }) => text?.trim()), ["one"], JSON.stringify(content));
  }
  assert.deepEqual(await linesOf(await fileOf(folder, "")), []);
  const longest = "a".repeat(MAX_LINE_BYTES - 1);
  for (const end of ["b", "\n"]) {
    const [line] = await linesOf(await fileOf(folder, longest + end));
    assert.equal(line.text, longest + end);
    assert.equal((await linesOf(await fileOf(folder, `a${longest}${end}`)))[0].text, null);
  }
});

Deno.test("LineReader returns null for a line that is too long or no UTF-8, and goes on", async () => {
  await using folder = await TempDir.make("lines");
  const long = new Uint8Array(MAX_LINE_BYTES + 1).fill(0x61);
  const parts = [Uint8Array.of(0xff, 0x0a), long, new TextEncoder().encode("\nthird é\n")];
  const path = await fileOf(folder, new Uint8Array(await new Blob(parts).arrayBuffer()));
  assert.deepEqual(await linesOf(path), [
    { number: 1, text: null },
    { number: 2, text: null },
    { number: 3, text: "third é\n" },
  ]);
});

Deno.test("LineReader resumes where the same file was left, and nowhere in another one", async () => {
  await using folder = await TempDir.make("lines");
  const rows = Array.from({ length: 50_000 }, (_, i) => `line number ${i}`);
  const path = await fileOf(folder, rows.join("\n"));
  using first = await LineReader.open(path);
  const lines = first.lines();
  for (let i = 0; i < 30_000; i++) await lines.next();
  const { position } = first;
  using second = await LineReader.open(path);
  assert.ok(await second.resume(position));
  const rest = await Array.fromAsync(second.lines());
  assert.deepEqual([rest[0].number, rest[0].text?.trim()], [30_001, "line number 30000"]);
  assert.equal(rest.length, 20_000);
  const whole = await (async () => {
    using reader = await LineReader.open(path);
    for await (const _ of reader.lines());
    return reader.position;
  })();
  assert.deepEqual(second.position, whole);
  rows[5] = "line Number 5";
  await fileOf(folder, rows.join("\n"));
  using changed = await LineReader.open(path);
  assert.ok(!await changed.resume(position));
  assert.equal((await Array.fromAsync(changed.lines())).length, 50_000);
});
