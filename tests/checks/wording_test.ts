import assert from "node:assert/strict";
import { check, findings, spreadFindings } from "./wording.ts";
import { fileURLToPath } from "node:url";

function reports(name: string, source: string, expected: RegExp[]): void {
  Deno.test(`wording check ${name}`, () => {
    const found = findings("a.ts", source);
    assert.equal(found.length, expected.length, found.join("\n"));
    expected.forEach((pattern, at) => assert.match(found[at], pattern));
  });
}

reports(
  "reports riddles in comments of both kinds, with their line",
  `const a = 1;\n/** Who wrote it. */\n// The sender has\n// run out of keys.\n`,
  [/^a\.ts:2: "Who"/, /^a\.ts:3: "has run out"/],
);
reports(
  "accepts the field's words, questions and code in backticks",
  "/** Returns the members. Who may call it? `whoever` is a name. */\n// Throws if expired.\n",
  [],
);
reports(
  "reads names of tests, log messages and texts of errors",
  'Deno.test("nobody is left", f); log.warn("Clients are told", {}); new Error(`gone ${anew}`);',
  [/"nobody"/, /"are told"/],
);
reports(
  "reports an error that begins with the name of an operation",
  'new AppError("forbidden", "Signing in: the account is suspended");',
  [/Cannot <action>/],
);
reports("leaves other strings alone", 'const nobody = "nobody hears of it";', []);

reports(
  "reads names of tests with options",
  'Deno.test({ name: "nobody is left", fn });',
  [/"nobody"/],
);

Deno.test("wording check reports literals that are spread in place, with their line", () => {
  const source = [
    "call(...[a, b]);",
    "const c = {\n  ...{ a, b },\n};",
    'const d = [...["a"] as const, ...(["b"])];',
    "<Menu {...{ a, b }} />",
  ].join("\n");
  const found = spreadFindings("a.tsx", source).map((finding) => finding.split(":")[1]);
  assert.deepEqual(found, ["1", "3", "5", "5", "6"]);
});

Deno.test("wording check accepts a spread that chooses, computes, or is no code", () => {
  const source = [
    "call(...(isOpen ? [a] : []), ...[a, b].map(f), ...[b, a].sort());",
    "const c = { ...(b ?? {}), ...a, ...(b && { d }) };",
    'const e = "...[a]"; // ...{ a }',
    "const f = `...{${each}}`;",
  ].join("\n");
  assert.deepEqual(spreadFindings("a.ts", source), []);
});

Deno.test("comments, test names and messages use the field's words", async () => {
  assert.deepEqual(await check(fileURLToPath(new URL("../..", import.meta.url)), []), []);
});
