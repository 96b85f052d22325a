import assert from "node:assert/strict";
import { mistakesIn, withMistake } from "./mistakes.ts";
import { NearestTests } from "./nearest_tests.ts";

const SOURCE = `export async function f(a: number, b?: string): Promise<boolean> {
  if (a < 3 && b) return true;
  await g(a);
  h();
  log.warn("b");
  return false;
}
`;

Deno.test("mistakes are made in conditions, boundaries, awaits, calls and results", () => {
  const made = mistakesIn(SOURCE, "f.ts").map(({ kind, line, original, replacement }) =>
    `${line} ${kind}: ${original} -> ${replacement}`
  );
  assert.deepEqual(made.sort(), [
    "2 boundary moved: < -> <=",
    "2 condition dropped: a < 3 && b -> a < 3",
    "2 condition dropped: a < 3 && b -> b",
    "2 condition negated: a < 3 && b -> !(a < 3 && b)",
    "2 result changed: return true; -> return false;",
    "3 await removed: await g(a) -> void g(a)",
    "3 call removed: await g(a); -> ;",
    "4 call removed: h(); -> ;",
    "6 result changed: return false; -> return true;",
  ]);
});

Deno.test("a mistake changes its own place and nothing else", () => {
  const [, boundary] = mistakesIn(SOURCE, "f.ts").filter(({ line }) => line === 2)
    .toSorted((a, b) => a.kind.localeCompare(b.kind)).slice(0, 2);
  const changed = withMistake(SOURCE, boundary);
  assert.equal(changed.split("\n").filter((line, at) => line !== SOURCE.split("\n")[at]).length, 1);
});

Deno.test("the tests nearest to a source have its name, then its folder, then its words", async () => {
  const nearest = await NearestTests.read(Deno.cwd());
  const tests = nearest.of("src/core/log_limit.ts", 3);
  assert.equal(tests[0], "tests/core/log_limit_test.ts");
  assert.equal(new Set(tests).size, tests.length);
  const overHttp = nearest.of("src/encryption/commits.ts", 3);
  assert.ok(overHttp.includes("tests/encryption/commits_over_http_test.ts"), overHttp.join());
  const drafts = nearest.of("src/client/drafts.ts", 3);
  assert.ok(drafts.includes("tests/client/conversation_test.ts"), drafts.join());
});
