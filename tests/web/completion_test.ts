import assert from "node:assert/strict";
import type { CompletionSource } from "../../src/web/page/chat/completion/source.ts";
import { wordAtCaret } from "../../src/web/page/chat/completion/word_at_caret.ts";
import { MENTION } from "../../src/web/page/rich_text/rich_text.tsx";
import { plainOf } from "../../src/web/page/rich_text/tokens.ts";

const source = (trigger: string, rest: Partial<CompletionSource> = {}): CompletionSource => ({
  trigger,
  title: () => "",
  find: () => [],
  ...rest,
});
const SOURCES = [
  source("@"),
  source("/", { isAtStart: true }),
  source(":", { minLength: 2 }),
];

/** The caret is at `|`. */
function word(text: string): string | null {
  const found = wordAtCaret(text.replace("|", ""), text.indexOf("|"), SOURCES);
  return found && `${found.source.trigger} ${found.query} ${found.start}-${found.end}`;
}

Deno.test("wordAtCaret finds the word with a trigger that ends at the caret", () => {
  assert.equal(word("Hello @an|n"), "@ an 6-9");
  assert.equal(word("@|"), "@  0-1");
  assert.equal(word("mail ann@exam|"), null);
  assert.equal(word("@ann |"), null);
  assert.equal(word("line\n@b|"), "@ b 5-7");
  assert.equal(word("/gi|"), "/ gi 0-3");
  assert.equal(word("and /gi|"), null);
  assert.equal(word(":r|"), null);
  assert.equal(word(":ro|"), ": ro 0-3");
  assert.equal(word("|"), null);
});

Deno.test("a mention begins a word, and ends before the end of a sentence", () => {
  const names = (text: string) => [...text.matchAll(MENTION)].map(([, name]) => name);
  assert.deepEqual(names("@ann, (@bob.smith) and @cleo-2."), ["ann", "bob.smith", "cleo-2"]);
  assert.deepEqual(names("ann@example.com @@x @"), []);
});

for (
  const [text, plain] of [
    ["Bring **cake** and `plates`", "Bring cake and plates"],
    ["> said\nyes, *really*", "said yes, really"],
    ["```ts\nconst a = 1;\n```", "const a = 1;"],
    ["2 * 3 * 4 and snake_case", "2 * 3 * 4 and snake_case"],
    ["see https://a.example/x_y_", "see https://a.example/x_y_"],
  ]
) {
  Deno.test(`plainOf reads ${JSON.stringify(text)} without its marks`, () => {
    assert.equal(plainOf(text), plain);
  });
}
