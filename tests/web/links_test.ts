import assert from "node:assert/strict";
import { splitLinks } from "../../src/web/page/rich_text/links.ts";

const CASES: [text: string, ...parts: string[]][] = [
  ["nothing", "nothing"],
  ["https://a.example/", "", "https://a.example/", ""],
  [
    "https://en.wikipedia.org/wiki/Foo_(bar) is it",
    "",
    "https://en.wikipedia.org/wiki/Foo_(bar)",
    " is it",
  ],
  ["(see https://example.com/a)", "(see ", "https://example.com/a", ")"],
  ["(see https://example.com/a_(b)).", "(see ", "https://example.com/a_(b)", ")."],
  ["看https://example.com/b。谢谢", "看", "https://example.com/b", "。谢谢"],
  ["https://example.com/c，很好", "", "https://example.com/c", "，很好"],
  ["end https://example.com/d.", "end ", "https://example.com/d", "."],
  ["https://example.com/?q=[x]&y=1", "", "https://example.com/?q=[x]&y=1", ""],
  ["“https://example.com/e”", "“", "https://example.com/e", "”"],
  ["https://", "https://"],
  ["https://...", "https://..."],
  ["http://a.example, http://b.example!", "", "http://a.example", ", ", "http://b.example", "!"],
];

for (const [text, ...parts] of CASES) {
  Deno.test(`splitLinks finds in "${text}" exactly the link`, () => {
    assert.deepEqual(splitLinks(text), parts);
    assert.equal(splitLinks(text).join(""), text);
  });
}

Deno.test("splitLinks reads a long text of brackets in one pass", () => {
  const text = `https://example.com/${"(".repeat(5_000)}${")".repeat(5_000)}`;
  assert.deepEqual(splitLinks(text), ["", text, ""]);
  const closing = ")".repeat(10_000);
  assert.deepEqual(splitLinks(`https://a.example${closing}`), ["", "https://a.example", closing]);
});
