import assert from "node:assert/strict";
import { fullyQualified, isOneEmoji } from "../../src/core/emoji.ts";
import { emojiGroups, findEmoji, withTone } from "../../src/web/page/emoji/emoji_data.ts";
import { ar } from "../../src/web/page/texts/emoji/ar.ts";
import { de } from "../../src/web/page/texts/emoji/de.ts";
import { en } from "../../src/web/page/texts/emoji/en.ts";

for (const [language, texts] of Object.entries({ en, de, ar })) {
  Deno.test(`every emoji has a name in ${language}, and is one that the server accepts`, () => {
    const groups = emojiGroups(texts, language);
    assert.equal(groups.length, texts.groups.length);
    const all = groups.flatMap(({ emoji }) => emoji);
    assert.equal(new Set(all.map(({ char }) => char)).size, all.length);
    for (const { char, name } of all) {
      assert(isOneEmoji(char) && fullyQualified(char) === char, char);
      assert(name.length > 1, char);
    }
  });
}

Deno.test("findEmoji finds by the beginnings of all words, and names that begin so first", () => {
  const groups = emojiGroups(en, "en");
  const found = (query: string) => findEmoji(groups, query, 5).map(({ char }) => char);
  assert.equal(found("rocket")[0], "🚀");
  assert.equal(found("Thumbs UP")[0], "👍");
  assert.equal(found("+1")[0], "👍");
  assert(found("germany").includes("🇩🇪"));
  assert.deepEqual(found("no such thing"), []);
  assert.deepEqual(found("  "), []);
});

Deno.test("withTone gives a tone to every person of an emoji, and to nothing else", () => {
  assert.equal(withTone("👍", 3), "👍🏽");
  assert.equal(withTone("☝️", 5), "☝🏿");
  assert.equal(withTone("👩‍💻", 1), "👩🏻‍💻");
  assert.equal(withTone("🚀", 3), "🚀");
  assert.equal(withTone("👍🏽", 1), "👍🏽");
  assert.equal(withTone("👍", 0), "👍");
  const toned = emojiGroups(en, "en").flatMap(({ emoji }) => emoji)
    .map(({ char }) => withTone(char, 2)).filter((char) => /\p{Emoji_Modifier}/u.test(char));
  assert(toned.length > 100);
  for (const char of toned) assert(isOneEmoji(fullyQualified(char)), char);
});
