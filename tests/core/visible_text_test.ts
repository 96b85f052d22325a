import assert from "node:assert/strict";
import {
  fittingName,
  hasStackedMarks,
  isVisible,
  withoutDirection,
  withoutStackedMarks,
  withoutTags,
} from "../../src/core/visible_text.ts";

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

/** Names whose writing needs marks, and emoji, which are written with some. */
const MARKED_NAMES = [
  "Nguyễn Thị Ngọc Ánh".normalize("NFD"),
  "ᾧ Ἀχιλλεύς".normalize("NFD"),
  "Zoë Ångström".normalize("NFD"),
  "ǭ̄̃".normalize("NFD"),
  "กิ๊บ ปั้น น้ำผึ้ง",
  "श्रीमती क्षीँ र्‍य",
  "בְּרֵאשִׁ֖ית שָּׁ֣ב",
  "مُحَمَّدٌ رَّبِّ",
  "བསྒྲུབས་ རྐྱེ ཧཱུྃ",
  "မြွှေ့ ကျွန်ုပ်",
  "ខ្ញុំ ស្រ្តី",
  "ஸ்ரீ ක්‍රී",
  "👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍⚧️ 1️⃣ ❤️‍🔥",
  "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f} Owain",
];

Deno.test("hasStackedMarks is false for names of every script, and true for stacks of marks", () => {
  for (const name of MARKED_NAMES) {
    assert.equal(hasStackedMarks(name), false, name);
    assert.equal(fittingName(name), name);
  }
  const stacks = [
    `a${"\u0301".repeat(5)}`,
    "Z\u0336\u0321\u0310\u0324\u0489\u0353a",
    `a${"\u0301\u200d".repeat(5)}`,
    `a${"\u0301\u034f".repeat(3)}`,
    `ก${"็".repeat(9)}`,
    `א${"\u05b0".repeat(9)}`,
    "\u20d2".repeat(5),
  ];
  for (const text of stacks) {
    assert.equal(hasStackedMarks(`Ann ${text} Bob`), true, escape(text));
    const fitting = withoutStackedMarks(`Ann ${text} Bob`);
    assert.equal(hasStackedMarks(fitting), false, escape(fitting));
    assert.match(fitting, /^Ann .+ Bob$/u);
  }
  assert.equal(withoutStackedMarks(`a${"\u0301".repeat(50)}b`), `a${"\u0301".repeat(4)}b`);
});

Deno.test("withoutTags removes a hidden text, and keeps flags", () => {
  const hidden = [..."admin"].map((each) => String.fromCodePoint(0xe0000 + each.charCodeAt(0)));
  assert.equal(withoutTags(`Ann${hidden.join("")} Bob\u{e0001}\u{e007f}`), "Ann Bob");
  assert.equal(withoutTags(`🏴${hidden.join("")}`), "🏴", "a flag ends with its last tag");
});
