import assert from "node:assert/strict";
import { dirname } from "node:path";
import { TempDir } from "../../support/temp_dir.ts";
import { readLcov } from "./executed_lines.ts";
import { Hunt } from "./hunt.ts";
import type { KnownTests } from "./known_tests.ts";
import { type Mistake, mistakesIn, withMistake } from "./mistakes.ts";
import { NearestTests } from "./nearest_tests.ts";
import type { ProjectCopy, TestRun } from "./project_copy.ts";
import { table } from "./report.ts";
import { sample } from "./sample.ts";

const SOURCE = `export async function f(a: number, b?: string): Promise<boolean> {
  if (a < 3 && b) return true;
  await g(a);
  h();
  log.warn("b" + a);
  state = a;
  if (a === 2) h(list.filter(isOpen));
  if (a > 4) throw new AppError("invalid", "a" + (a - 1));
  return false;
}
`;

function made(source: string): string[] {
  return mistakesIn(source, "f.ts").map(({ kind, line, original, replacement }) =>
    `${line} ${kind}: ${original} -> ${replacement}`
  ).sort();
}

Deno.test("mistakes are made in conditions, boundaries, awaits, calls and results", () => {
  assert.deepEqual(made(SOURCE), [
    "2 boundary moved: < -> <=",
    "2 branch dropped: a < 3 && b -> false as boolean",
    "2 condition dropped: a < 3 && b -> a < 3",
    "2 condition dropped: a < 3 && b -> b",
    "2 result changed: return true; -> return false;",
    "3 await removed: await g(a) -> void g(a)",
    "3 call removed: await g(a); -> {}",
    "4 call removed: h(); -> {}",
    "6 assignment removed: state = a; -> {}",
    "7 branch dropped: a === 2 -> false as boolean",
    "7 call removed: h(list.filter(isOpen)); -> {}",
    "7 condition dropped: a === 2 -> true as boolean",
    "7 filter dropped: list.filter(isOpen) -> list",
    "8 boundary moved: > -> >=",
    "8 branch dropped: a > 4 -> false as boolean",
    "9 result changed: return false; -> return true;",
  ]);
});

Deno.test("mistakes are made in conditions of SQL and of MongoDB's filters", () => {
  assert.deepEqual(made('all("SELECT id FROM a WHERE b = ?1 AND c > 2");').slice(1), [
    "1 query boundary moved: > -> >=",
    "1 query condition dropped: b = ?1 -> (?1 IS NULL OR 1)",
    "1 query condition dropped: c > 2 -> 1",
  ]);
  assert.deepEqual(made("const a = b.find({ c, d: { $gt: 2 } });"), [
    "1 query boundary moved: $gt -> $gte",
    "1 query condition dropped: { c, d: { $gt: 2 } } -> { c }",
    "1 query condition dropped: { c, d: { $gt: 2 } } -> { d: { $gt: 2 } }",
  ]);
});

Deno.test("a mistake changes its own place and nothing else", () => {
  for (const mistake of mistakesIn(SOURCE, "f.ts")) {
    const before = SOURCE.split("\n");
    const changed = withMistake(SOURCE, mistake).split("\n");
    const lines = changed.flatMap((line, at) => line === before[at] ? [] : [at + 1]);
    assert.deepEqual(lines, [mistake.line]);
  }
});

Deno.test("a sample is drawn again by its seed, and has each key once", () => {
  const items = Array.from({ length: 100 }, (_, at) => at);
  const draw = (seed: number) => sample(items, { count: 10, seed, keyOf: (at) => `${at % 20}` });
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.equal(new Set(draw(7).map((at) => at % 20)).size, 10);
});

/** A project of these files, by path. */
async function projectOf(files: Record<string, string>): Promise<TempDir> {
  const folder = await TempDir.make("nearest");
  for (const [path, source] of Object.entries(files)) {
    await Deno.mkdir(dirname(folder.join(path)), { recursive: true });
    await Deno.writeTextFile(folder.join(path), source);
  }
  return folder;
}

Deno.test("the tests nearest to a source have its name, then its folder, then its words", async () => {
  const importing = (text: string) => `import "../../src/chats/draft.ts";\n// ${text}\n`;
  await using project = await projectOf({
    "src/chats/draft.ts": "// drafts wait until their reader returns\n",
    "tests/auth/draft_test.ts": importing("nothing"),
    "tests/chats/asleep_test.ts": importing("people sleeping soundly"),
    "tests/chats/other_test.ts": "// drafts wait until their reader returns\n",
    "tests/chats/waiting_test.ts": importing("drafts wait"),
    "tests/chats/served_test.ts": importing("drafts wait") +
      'import "../support/child_server.ts";\n',
    "tests/support/child_server.ts": "",
    "tests/users/wait_test.ts": importing("drafts wait until their reader returns"),
  });
  const nearest = await NearestTests.read(project.path);
  assert.deepEqual(nearest.of("src/chats/draft.ts"), [
    "tests/auth/draft_test.ts",
    "tests/chats/waiting_test.ts",
    "tests/chats/served_test.ts",
    "tests/chats/asleep_test.ts",
    "tests/users/wait_test.ts",
  ]);
});

Deno.test("no test that reaches a source is missing, over imports or a program it starts", async () => {
  const nearest = await NearestTests.read(Deno.cwd());
  assert.ok(nearest.of("src/chats/inbox.ts").includes("tests/security/history_test.ts"));
  assert.ok(nearest.of("src/chats/inbox.ts").includes("tests/e2e/crash_test.ts"));
  const header = nearest.of("src/media/images/webp_header.ts");
  assert.ok(header.includes("tests/media/images/processor_test.ts"), "over a worker");
});

Deno.test("a report of coverage gives the lines that ran in sources of the copy", () => {
  const report = `SF:/c/src/a.ts\nDA:1,2\nDA:2,0\nDA:13,1\nend_of_record
SF:/d/src/b.ts\nDA:1,1\nend_of_record\n`;
  assert.deepEqual(readLcov(report, "/c"), new Map([["src/a.ts", new Set([1, 13])]]));
});

Deno.test("the table counts what was noticed, and what types alone notice", () => {
  const [mistake] = mistakesIn(SOURCE, "f.ts") as [Mistake];
  const place = { file: "f.ts", mistake };
  const rows = table(
    new Map([["src/f.ts", [
      { ...place, outcome: "noticed", by: "f is true" },
      { ...place, outcome: "noticed", by: "types" },
      { ...place, outcome: "survived", by: "2 tests run the line" },
    ]]]),
  );
  assert.equal(rows.split("\n").at(-1), "| src/f.ts | 3 | 2 | 1 | 1 | 67 % |");
});

Deno.test("a test that fails once with a mistake, and not again, has not noticed it", async () => {
  const [mistake] = mistakesIn(SOURCE, "f.ts") as [Mistake];
  const verdictOf = async (...outcomes: TestRun["outcome"][]) => {
    const copy = {
      run: () => Promise.resolve({ outcome: outcomes.shift() ?? "passed", ms: 1, failure: "t" }),
      hasTypes: () => Promise.resolve(true),
      withMistake: (_file: string, _mistake: Mistake, work: () => Promise<unknown>) => work(),
    } as unknown as ProjectCopy;
    const hunt = new Hunt({
      nearest: { of: () => ["f_test.ts"] } as unknown as NearestTests,
      known: { learned: 0, costOf: () => Promise.resolve(1) } as unknown as KnownTests,
      budgetMs: 1_000,
      learn: 1,
      end: Infinity,
    });
    return (await hunt.verdictOn({ file: "f.ts", mistake }, copy))?.outcome;
  };
  assert.equal(await verdictOf("failed", "failed"), "noticed");
  assert.equal(await verdictOf("late", "failed"), "noticed");
  assert.equal(await verdictOf("failed", "passed"), "survived");
  assert.equal(await verdictOf("passed"), "survived");
});
