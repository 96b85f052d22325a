import assert from "node:assert/strict";
import { isOneEmoji } from "../../src/core/emoji.ts";
import { nameOf, usernameOf } from "../../src/import/conversion.ts";
import { EMOJI_NAMES } from "../../src/import/emoji_names.ts";
import { emojiOf, withEmoji } from "../../src/import/emoji_of.ts";
import { fromSlackText } from "../../src/import/slack/markup.ts";

Deno.test("emojiOf finds names, tones and flags, and no emoji of an organization", () => {
  const expected: Record<string, string | null> = {
    "+1": "👍",
    thumbsup: "👍",
    heart: "❤️",
    "wave::skin-tone-2": "👋🏻",
    "wave::skin-tone-6": "👋🏿",
    "man-running::skin-tone-4": "🏃🏽‍♂️",
    "+1_medium_light_skin_tone": "👍🏼",
    "tada::skin-tone-3": "🎉",
    "flag-de": "🇩🇪",
    de: "🇩🇪",
    party_parrot: null,
    constructor: null,
  };
  for (const [name, emoji] of Object.entries(expected)) assert.equal(emojiOf(name), emoji, name);
});

Deno.test("every emoji of the table can be a reaction", () => {
  const words = EMOJI_NAMES.trim().split(/\s+/);
  assert.ok(words.length > 3_000);
  for (let at = 0; at < words.length; at += 2) {
    assert.ok(isOneEmoji(words[at + 1]), `${words[at]} is ${words[at + 1]}`);
    assert.equal(emojiOf(words[at]), words[at + 1]);
  }
});

Deno.test("withEmoji replaces names between colons, and nothing else", () => {
  assert.equal(
    withEmoji("at 10:30:00 :tada::heart: :nothing: http://a:80/b"),
    "at 10:30:00 🎉❤️ :nothing: http://a:80/b",
  );
});

Deno.test("fromSlackText converts Slack's markup to Markdown", () => {
  const names = { username: (id: string) => id === "U1" ? "ann" : null };
  const expected: Record<string, string> = {
    "<@U1> <@U1|ann> <@U2|ben> <@U3>": "@ann @ann @ben @U3",
    "<#C1|general> <#C2>": "#general #C2",
    "<!here> <!channel> <!subteam^S1|@team> <!date^1^{date}|Feb 18>": "@here @channel @team Feb 18",
    "<https://a.example/x> <https://a.example/x|a.example/x> <https://a.example|here>":
      "https://a.example/x https://a.example/x here (https://a.example)",
    "<mailto:a@b.example|a@b.example>": "a@b.example",
    "1 &lt; 2 &amp;&amp; &amp;lt;": "1 < 2 && &lt;",
    "*bold* _it_ ~gone~ 2*3*4 a*b*": "**bold** _it_ ~~gone~~ 2*3*4 a*b*",
    "`*code*` and ```\n*block*\n```": "`*code*` and ```\n*block*\n```",
    "&gt; quoted": "> quoted",
  };
  for (const [slack, text] of Object.entries(expected)) {
    assert.equal(fromSlackText(slack, names).text, text);
  }
  assert.deepEqual(fromSlackText("<@U1> <@U2|ben>", names).mentioned, ["U1"]);
});

Deno.test("names are made to fit", () => {
  assert.equal(nameOf("", "  Ann\n Example ", "x"), "Ann Example");
  assert.equal([...nameOf("🪁".repeat(150))].length, 100);
  assert.equal(usernameOf("-Ann Example!-"), "AnnExample");
  assert.equal(usernameOf("a"), undefined);
});
