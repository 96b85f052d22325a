import assert from "node:assert/strict";
import {
  containsRuns,
  matches,
  messageTerms,
  nameTerms,
  queryTerms,
} from "../../src/store/search_terms.ts";

/** The terms of a text in each script: the contract suite shows that both stores find it. */
const TERMS: Record<string, string[]> = {
  "Hello, hello WORLD-8 foo_bar": ["hello", "world", "8", "foo", "bar"],
  "Crème Straße Łódź İı Ελλάς": ["creme", "strasse", "lodz", "ii", "ελλασ"],
  "ＦＵＬＬ ½ ﬁn": ["full", "1", "2", "fin"],
  "東京へ": ["東", "京", "へ", "東京", "京へ"],
  "iPhone手机": ["iphone", "手", "机", "手机"],
  "ｶﾞｽ か\u3099": ["ガ", "ス", "ガス", "が"],
  "서울": ["서", "울", "서울"],
  "ดีครับ": ["ดี", "ค", "รั", "บ", "ดีค", "ครั", "รับ"],
  "ភា\u200bសា": ["ភា", "សា", "ភាសា"],
  "الـمَدْرَسَةُ أإآٱ ٤٢۴": ["المدرسه", "اااا", "424"],
  "शांति नमस्ते": ["शांति", "नमस्ते"],
  "שָׁלוֹם": ["שלום"],
  "🎉 !? \ud800 \u200d": ["🎉"],
  "👍🏽👍 ❤️❤ 👩‍💻 🇩🇪🇫🇷 1️⃣": ["👍", "❤", "👩", "💻", "🇩🇪", "🇫🇷", "1"],
};

for (const [text, terms] of Object.entries(TERMS)) {
  Deno.test(`terms of ${JSON.stringify(text)}`, () => assert.deepEqual(messageTerms(text), terms));
}

Deno.test("composed and decomposed text have the same terms", () => {
  const text = "Crème Ёлка ガラス 서울역 Đà Nẵng مُؤَدَّب";
  assert.deepEqual(messageTerms(text.normalize("NFD")), messageTerms(text.normalize("NFC")));
});

Deno.test("terms are bounded in number and length, and never half a character", () => {
  const words = Array.from({ length: 2_000 }, (_, i) => `w${i}`).join(" ");
  assert.equal(messageTerms(words).length, 2_000);
  assert.ok(messageTerms("x ".repeat(50_000) + "end").length === 1);
  const characters = Array.from({ length: 10_000 }, (_, i) => String.fromCharCode(0x4e00 + i));
  assert.equal(messageTerms(characters.join("")).length, 5_000 + 1_024 + 1);
  assert.deepEqual(messageTerms("x".repeat(99)), ["x".repeat(40)]);
  const [cut] = messageTerms("x" + "𝒳𐐷".normalize("NFC") + "𐐷".repeat(99));
  assert.ok(cut.isWellFormed() && cut.length <= 40, cut);
  assert.ok(queryTerms(words).terms.length <= 32);
});

Deno.test("only the last word of a query may be unfinished", () => {
  assert.deepEqual(queryTerms("Größe of mes"), {
    terms: ["grosse", "of"],
    prefix: "mes",
    byCharacter: null,
    runs: [],
  });
  assert.deepEqual(queryTerms("…"), { terms: [], prefix: null, byCharacter: null, runs: [] });
});

Deno.test("a phrase without spaces is its pairs, or its characters, and a run", () => {
  const plain = { terms: ["京"], prefix: null, byCharacter: null, runs: [] };
  assert.deepEqual(queryTerms("京"), plain);
  const query = queryTerms("東京都");
  assert.deepEqual(query, {
    terms: ["東京", "京都"],
    prefix: null,
    byCharacter: { terms: ["東", "京", "都", "…"], prefix: null },
    runs: ["東京都"],
  });
  assert.equal(containsRuns("ここは東京都です", query.runs), true);
  assert.equal(containsRuns("京都と東京", query.runs), false);
  assert.equal(containsRuns("anything", []), true);
});

Deno.test("the last Thai character may still get its vowel", () => {
  assert.deepEqual(queryTerms("สวัสด"), {
    terms: ["สวั", "วัส"],
    prefix: "สด",
    byCharacter: { terms: ["ส", "วั", "…"], prefix: "ด" },
    runs: ["สวัสด"],
  });
});

Deno.test("people are found by both names", () => {
  assert.deepEqual(nameTerms("Anne Müller", "anne_m"), ["anne", "muller", "m"]);
});

Deno.test("a text without an index matches as one that is found through it", () => {
  const finds = (query: string, text: string) => matches(text, queryTerms(query));
  assert.ok(finds("hello wor", "Hello, world"));
  assert.ok(finds("東京 wor", "東京 world"));
  assert.ok(finds("東京都", "ここは東京都です"));
  assert.ok(!finds("orl", "Hello, world"), "within a word");
  assert.ok(!finds("hell world", "Hello, world"), "a word that is not the last is whole");
  assert.ok(!finds("東京 orl", "東京 world"), "one of two words");
  assert.ok(!finds("東京都", "京都と東京"), "the pairs are apart");
  assert.ok(!finds("!", "!"), "no words");
});

Deno.test("a text of too many pairs matches a phrase at its end, and not one whose characters are apart", () => {
  const text = String.fromCharCode(...Array.from({ length: 2_000 }, (_, i) => 0x4e00 + i));
  const [first, ...last] = [text[0], ...text.slice(-2)];
  assert.ok(matches(text, queryTerms(last.join(""))));
  assert.ok(!matches(text, queryTerms(last.toReversed().join(""))));
  assert.ok(!matches(text, queryTerms(first + last[0])));
});
