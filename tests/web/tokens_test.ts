import assert from "node:assert/strict";
import { type Block, blocksOf, type Inline } from "../../src/web/page/rich_text/tokens.ts";

/** Short forms: `b(…)` for bold and so on, so that a case is one line. */
function written(blocks: Block[]): string[] {
  return blocks.map((block) => {
    if (block.kind === "code") return `pre(${block.text})`;
    const content = block.content.map(inline).join("");
    return block.kind === "quote" ? `quote(${content})` : content;
  });
}

function inline(token: Inline): string {
  if (token.kind === "text") return token.text;
  if (token.kind === "link") return `a(${token.href})`;
  if (token.kind === "code") return `code(${token.text})`;
  return `${token.kind[0]}(${token.content.map(inline).join("")})`;
}

const CASES: [text: string, ...blocks: string[]][] = [
  ["plain", "plain"],
  [""],
  ["**bold** and *it* and _it_ and ~~gone~~", "b(bold) and i(it) and i(it) and s(gone)"],
  ["**bold *and it* too**", "b(bold i(and it) too)"],
  ["`a **b** c` **d**", "code(a **b** c) b(d)"],
  ["snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"],
  ["**not closed", "**not closed"],
  ["`not closed", "`not closed"],
  ["a ``", "a ``"],
  ["see https://a.example/x_y_z.", "see a(https://a.example/x_y_z)."],
  ["*https://a.example*", "*a(https://a.example)*"],
  ["> one\n> two\nthree", "quote(one\ntwo)", "three"],
  ["a\n```ts\nconst *x* = 1;\n```\nb", "a", "pre(const *x* = 1;)", "b"],
  ["```\nnot closed", "```\nnot closed"],
  ["<b>no</b> & <script>", "<b>no</b> & <script>"],
  ["(**bold**)", "(b(bold))"],
];

for (const [text, ...blocks] of CASES) {
  Deno.test(`blocksOf reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(written(blocksOf(text)), blocks);
  });
}

Deno.test("blocksOf reads hostile texts in a time that grows with their length", () => {
  for (const piece of ["*a ", "**a", "_a", "~~a *b ", "`", "> ", "```", "**", "*_~~"]) {
    const operations = countedWork(piece.repeat(10_000));
    assert(operations < 4_000_000, `${piece}: ${operations} characters were searched`);
  }
});

/** Characters that `indexOf` goes over: every other step for a text is done once per character. */
function countedWork(text: string): number {
  const original = String.prototype.indexOf;
  let work = 0;
  String.prototype.indexOf = function (search: string, from = 0) {
    const found = original.call(this, search, from);
    work += (found === -1 ? this.length : found) - from + 1;
    return found;
  };
  try {
    blocksOf(text);
  } finally {
    String.prototype.indexOf = original;
  }
  return work;
}
