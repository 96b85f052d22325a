import assert from "node:assert/strict";
import { isVisible, withoutDirection } from "../../src/core/visible_text.ts";

Deno.test("isVisible is false for text that shows nothing", () => {
  const invisible = [
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\n\t",
    "\u200b",
    "\u200d",
    "\u200f",
    "\u2060",
    "\ufeff",
    "\u2800",
    "\u3164",
    "\u115f",
    "\uffa0",
    "\u00ad",
    "\u034f",
    "\u180e",
    "\u061c",
    "\u{e0020}",
    "\u{e0001}",
    "\ufe0f",
    "\u202e",
    "\ufffe",
    "\u{1d159}",
    "\u17b4",
  ];
  for (const text of [...invisible, invisible.join("")]) {
    assert.equal(isVisible(text), false, JSON.stringify(text));
  }
});

Deno.test("isVisible is true for every script, for emoji, punctuation and marks", () => {
  for (
    const text of ["a", "字", "ا", "ก", ".", "👍", "\u200b.\u200b", "é", "\u0301", "٠", "〇", "𝅘𝅥"]
  ) {
    assert.equal(isVisible(text), true, text);
  }
});

Deno.test("withoutDirection keeps names of all scripts, and removes characters that change the text direction", () => {
  assert.equal(withoutDirection("Pay\u202egpj.exe"), "Paygpj.exe");
  assert.equal(withoutDirection("\u2068Ann\u2069 \u202aBob\u202c"), "Ann Bob");
  for (const name of ["דוד כהן", "می\u200cخواهم", "Ann 👩‍💻", "abc\u200f", "\u061cabc"]) {
    assert.equal(withoutDirection(name), name);
  }
});
