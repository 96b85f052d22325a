import assert from "node:assert/strict";
import { customInput } from "../../src/api/custom_data.ts";
import { clientId, line, text } from "../../src/api/fields.ts";

Deno.test("inputs: a text that shows nothing is refused, or empty where a text may be", () => {
  for (const nothing of ["\u200b", " \n\u2060", "\u202e"]) {
    assert.equal(text().safeParse(nothing).success, false, JSON.stringify(nothing));
    assert.equal(text({ min: 0 }).parse(nothing), "");
    assert.equal(line().safeParse(nothing).success, false, JSON.stringify(nothing));
    assert.equal(line({ min: 0 }).parse(nothing), "");
  }
  for (const each of [text(), text({ min: 0 }), line(), line({ min: 0 })]) {
    assert.equal(each.parse("hello"), "hello");
  }
});

Deno.test("inputs: the length of a text counts characters, of which an emoji is one", () => {
  const three = text({ min: 2, max: 3 });
  for (
    const [value, isRight] of [
      ["👍", false],
      ["👍👍", true],
      ["👍👍👍", true],
      [
        "👍👍👍👍",
        false,
      ],
      ["abcd", false],
      ["abc", true],
      ["a", false],
      ["", false],
    ] as const
  ) {
    assert.equal(three.safeParse(value).success, isRight, value);
  }
});

Deno.test("inputs: a clientId has 1 to 64 printable characters without spaces", () => {
  for (const value of ["!", "~".repeat(64)]) assert.equal(clientId.parse(value), value);
  for (const value of ["", "a b", "\x7f", "é", "a\n", "~".repeat(65)]) {
    assert.equal(clientId.safeParse(value).success, false, JSON.stringify(value));
  }
});

Deno.test("inputs: custom data has keys that are no operator, path or property of every object", () => {
  const accepts = (custom: unknown) => customInput().safeParse(custom).success;
  for (const key of ["a", "plan_2", "Z-9", "k".repeat(64)]) {
    assert.equal(accepts({ [key]: 1 }), true, key);
    assert.equal(accepts({ list: [{ [key]: 1 }] }), true, key);
  }
  const wrong = ["", "$gt", "a.b", "_a", "-a", "9a", "a b", "ä", "k".repeat(65), "constructor"];
  for (const key of [...wrong, "prototype", "toString"]) {
    assert.equal(accepts({ [key]: 1 }), false, key);
    assert.equal(accepts({ list: [{ [key]: 1 }] }), false, key);
  }
  assert.equal(accepts(JSON.parse('{"a":{"__proto__":1}}')), false);
  assert.equal(customInput().parse(JSON.parse('{"__proto__":{"a":1}}')), null);
});

Deno.test("inputs: custom data ends at its bounds", () => {
  const accepts = (custom: unknown) => customInput().safeParse(custom).success;
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  const deep = (levels: number): unknown => levels === 0 ? 1 : { a: deep(levels - 1) };
  const sized = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });
  for (const [most, make] of [[50, keys], [5, deep], [4096, sized]] as const) {
    assert.equal(accepts(make(most)), true, `${make.name}: ${most}`);
    assert.equal(accepts(make(most + 1)), false, `${make.name}: ${most + 1}`);
  }
  assert.equal(accepts({ a: "é".repeat(2_045) }), false, "bytes count, not characters");
  for (const [number, isRight] of [[2 ** 53 - 1, true], [-(2 ** 53 - 1), true], [2 ** 53, false]]) {
    assert.equal(accepts({ list: [number] }), isRight, String(number));
  }
  for (const none of [null, {}]) assert.equal(customInput().parse(none), null);
});
