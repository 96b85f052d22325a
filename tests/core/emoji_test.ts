import assert from "node:assert/strict";
import { fullyQualified, inOneForm, isOneEmoji } from "../../src/core/emoji.ts";
import * as operations from "../../src/api/operations/messages.ts";

/** From Unicode's emoji-test.txt: as some keyboards type it, and fully qualified. */
const FORMS: Record<string, string> = {
  "\u2764": "\u2764\ufe0f",
  "\u2764\u200d\u{1f525}": "\u2764\ufe0f\u200d\u{1f525}",
  "\u{1f3f3}\u200d\u{1f308}": "\u{1f3f3}\ufe0f\u200d\u{1f308}",
  "1\u20e3": "1\ufe0f\u20e3",
  "\u{1f575}\u200d\u2642": "\u{1f575}\ufe0f\u200d\u2642\ufe0f",
  "\u{1f44d}\ufe0f": "\u{1f44d}",
  "\u{1f44d}\ufe0e": "\u{1f44d}",
  "\u26a1\ufe0f": "\u26a1",
  "\u{1f469}\u{1f3fd}\ufe0f\u200d\u{1f4bb}": "\u{1f469}\u{1f3fd}\u200d\u{1f4bb}",
};

Deno.test("fullyQualified returns one form of an emoji, however it was typed", () => {
  for (const [typed, qualified] of Object.entries(FORMS)) {
    assert.equal(fullyQualified(typed), qualified, typed);
    assert.equal(fullyQualified(qualified), qualified, qualified);
  }
});

Deno.test("fullyQualified keeps an emoji that is shown as a picture by default, or has a skin tone", () => {
  const whole = ["\u{1f44d}", "\u261d\u{1f3fd}", "\u{1f1e9}\u{1f1ea}", "\u{1f469}\u200d\u{1f52c}"];
  for (const emoji of whole) assert.equal(fullyQualified(emoji), emoji);
});

Deno.test("reactions are stored fully qualified", () => {
  const input = { messageId: "0198c5f0-0000-7000-8000-000000000000", emoji: "\u2764" };
  const taken = operations.reactToMessage.input.parse(input) as typeof input;
  assert.equal(taken.emoji, "\u2764\ufe0f");
});

Deno.test("isOneEmoji accepts every kind of emoji, and one that is newer than this program", () => {
  const emoji = [
    "❤",
    "🇩🇪",
    "1️⃣",
    "#⃣",
    "👨‍👩‍👧‍👦",
    "🧑🏻‍❤️‍💋‍🧑🏿",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🏳️‍🌈",
    "🫩",
    "🙂‍↕️",
    "©️",
    "㊗️",
    "👍🏽",
    "☝🏿",
    "\u{1fadd}",
  ];
  for (const each of emoji) assert.equal(isOneEmoji(fullyQualified(each)), true, each);
});

Deno.test("isOneEmoji rejects text, parts of emoji, and more than one", () => {
  const others = [
    "a",
    "1",
    "👍👍",
    "👍 ",
    " ",
    "🏻",
    "\ufe0f",
    "\u200d",
    "👍1",
    "<b>👍",
    "🇩",
    "❤🏽",
    "👍\u200d👍",
    "🇩🇪🇫🇷",
    "1️⃣2️⃣",
    "\u20e3",
    "👍\u200b",
    "👍\u202e",
    "12345👍",
  ];
  for (const each of others) assert.equal(isOneEmoji(fullyQualified(each)), false, each);
});

Deno.test("an earlier reaction that is not one emoji can be removed", () => {
  const input = { messageId: "0198c5f0-0000-7000-8000-000000000000", emoji: "👍👍" };
  assert.equal(operations.reactToMessage.input.safeParse(input).success, false);
  assert.equal(operations.reactToMessage.input.safeParse({ ...input, remove: true }).success, true);
});

Deno.test("inOneForm merges earlier reactions that differ in selectors, each person once", () => {
  const before = [
    { emoji: "👍\ufe0f", userIds: ["a", "b"] },
    { emoji: "❤️", userIds: ["c"] },
    { emoji: "👍", userIds: ["b", "d"] },
  ];
  assert.deepEqual(inOneForm(before), [
    { emoji: "👍", userIds: ["a", "b", "d"] },
    { emoji: "❤️", userIds: ["c"] },
  ]);
  assert.equal(inOneForm([{ emoji: "❤️", userIds: ["c"] }]), undefined);
  assert.equal(inOneForm([]), undefined);
});
