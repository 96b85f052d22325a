import assert from "node:assert/strict";
import { at, readmeExamples, runExamples } from "./readme_examples.ts";

const DOCUMENT = `
# Start

<!-- example: set -->
\`\`\`sh
answer=42
\`\`\`

Not marked:
\`\`\`sh
exit 9
\`\`\`

<!-- example: print -->

\`\`\`sh
echo "$answer at http://localhost:5000/healthz"
\`\`\`

<!-- example: socket -->
\`\`\`ts
const url: string = "ws://localhost:5000/ws";
console.log(url);
\`\`\`
`;

Deno.test("examplesOf finds the marked examples with their lines", () => {
  const found = readmeExamples(DOCUMENT).map(({ name, language, line }) => [name, language, line]);
  assert.deepEqual(found, [["set", "sh", 5], ["print", "sh", 16], ["socket", "ts", 21]]);
});

Deno.test("examplesOf throws for a marker without a block", () => {
  assert.throws(() => readmeExamples("<!-- example: a -->\ntext"), /no fenced block follows "a"/);
  assert.throws(() => readmeExamples("<!-- example: a -->"), /no fenced block follows "a"/);
  assert.throws(() => readmeExamples("<!-- example: a -->\n```ts\n1"), /"a" does not end/);
  const block = "<!-- example: a -->\n```ts\n1\n```\n";
  assert.throws(() => readmeExamples(block + block), /two named "a" \(line 5\)/);
});

Deno.test("runExamples runs shell blocks in one shell, with the server's address", async () => {
  const [set, print] = readmeExamples(DOCUMENT).map((each) => at(each, "http://127.0.0.1:81"));
  const { code, stdout } = await runExamples([set, print]);
  assert.deepEqual([code, stdout], [0, "42 at http://127.0.0.1:81/healthz\n"]);
});

Deno.test("runExamples fails when a command fails", async () => {
  const [example] = readmeExamples("<!-- example: a -->\n```sh\nfalse\necho on\n```");
  const { code, stdout } = await runExamples([example]);
  assert.notEqual(code, 0);
  assert.equal(stdout, "");
});

Deno.test("runExamples runs TypeScript in Deno", async () => {
  const socket = readmeExamples(DOCUMENT)[2];
  const { code, stdout, stderr } = await runExamples([at(socket, "http://127.0.0.1:81")]);
  assert.deepEqual([code, stdout, stderr], [0, "ws://127.0.0.1:81/ws\n", ""]);
});
