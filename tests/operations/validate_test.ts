import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../src/core/errors.ts";
import { validate } from "../../src/operations/dispatcher.ts";
import {
  clientId,
  codePoints,
  cursor,
  id,
  ids,
  instant,
  limit,
  line,
  seq,
  text,
} from "../../src/api/fields.ts";

function refusal(schema: z.ZodType, input: unknown): AppError {
  try {
    validate(schema, input);
  } catch (error) {
    assert(error instanceof AppError);
    assert.equal(error.code, "invalid_request");
    return error;
  }
  throw new Error(`This was taken: ${JSON.stringify(input)}`);
}

const messages = (schema: z.ZodType, input: unknown) =>
  refusal(schema, input).errors?.map(({ message }) => message);

const ID = "0189000a-0000-7000-8000-000000000001";

Deno.test("each fault is a sentence that names its field", () => {
  const schema = z.strictObject({
    name: z.string().min(2),
    kind: z.enum(["a", "b"]),
    tags: z.array(z.string()).max(2),
    few: z.array(z.string()).max(1),
    size: z.int().max(5),
    inner: z.strictObject({ on: z.boolean() }),
    missing: z.string(),
  });
  const input = {
    name: "x",
    kind: { $gt: "" },
    tags: ["a", 2],
    few: ["a", "b"],
    size: 1.5,
    inner: { on: "yes", off: 1 },
    other: 1,
  };
  assert.deepEqual(messages(schema, input)?.toSorted(), [
    "few must have at most 1 entry",
    "inner.off is not a known field",
    'inner.on must be a boolean, not "yes"',
    "kind must be a or b, not an object",
    "missing is required",
    "name must have at least 2 characters",
    "other is not a known field",
    "size must be an integer, not the number 1.5",
    "tags.1 must be a string, not the number 2",
  ]);
});

Deno.test("a wrong value is named as a caller knows it", () => {
  const faultOf = (schema: z.ZodType, value: unknown) =>
    messages(z.strictObject({ value: schema }), { value });
  const given: [unknown, string][] = [
    [null, "null"],
    [[], "an array"],
    [{}, "an object"],
    [1.5, "the number 1.5"],
    [true, "a boolean"],
  ];
  for (const [value, name] of given) {
    assert.deepEqual(faultOf(z.string(), value), [`value must be a string, not ${name}`]);
  }
  assert.deepEqual(faultOf(z.int().min(1), 0), ["value must be at least 1"]);
  assert.deepEqual(faultOf(z.int().max(5), 6), ["value must be at most 5"]);
  assert.deepEqual(faultOf(z.array(z.int()).min(2), [1]), ["value must have at least 2 entries"]);
  assert.deepEqual(faultOf(z.boolean(), "yes"), ['value must be a boolean, not "yes"']);
  assert.deepEqual(faultOf(z.string().regex(/^[a-z]+$/), "A"), [
    "value must be in the form of /^[a-z]+$/",
  ]);
  assert.deepEqual(faultOf(z.email(), "A"), ["value must be in the form of an e-mail address"]);
  assert.deepEqual(faultOf(z.jwt(), "A"), ["value must be in the form of jwt"]);
});

Deno.test("an empty text is called empty, whatever its maximum is", () => {
  const schema = z.strictObject({ text: text(), name: line() });
  assert.deepEqual(messages(schema, { text: "", name: "  " }), [
    "text must not be empty",
    "name must not be empty",
  ]);
  assert.deepEqual(messages(schema, { text: "a", name: "x".repeat(101) }), [
    "name must have 1 to 100 characters",
  ]);
});

Deno.test("a fault of the whole input names the request", () => {
  for (const input of [null, [], "text", 1, undefined]) {
    const [fault] = refusal(z.strictObject({ a: z.string() }), input).errors!;
    assert.equal(fault.path, "");
    assert.match(fault.message, /^The request (must be an object|is required)/);
  }
});

Deno.test("with several forms, the faults of the closest one are reported", () => {
  const schema = z.union([
    z.strictObject({ challenge: z.string(), code: z.string() }),
    z.strictObject({ code: z.string().length(6) }),
  ]);
  assert.deepEqual(messages(schema, { code: 5 }), ["code must be a string, not the number 5"]);
  assert.deepEqual(messages(schema, { challenge: "x", code: 5 }), [
    "code must be a string, not the number 5",
  ]);
  assert.deepEqual(messages(schema, { code: "123456", other: 1 }), ["other is not a known field"]);
  assert.deepEqual(messages(schema, { code: 5, other: 1 })?.toSorted(), [
    "code must be a string, not the number 5",
    "other is not a known field",
  ]);
});

Deno.test("input that no schema accepts is refused at any depth", () => {
  const anything = z.record(z.string(), z.unknown());
  const deep = (levels: number) => JSON.parse('{"a":'.repeat(levels) + "1" + "}".repeat(levels));
  validate(anything, deep(32));
  assert.match(refusal(anything, deep(33)).message, /deeper than 32/);
  assert.match(refusal(anything, deep(100_000)).message, /deeper than 32/);
  assert.deepEqual(messages(anything, { a: ["\ud800"] }), [
    "a.0 must be well-formed Unicode, without half a surrogate pair",
  ]);
  assert.deepEqual(messages(anything, { a: "x\0y" }), [
    "a must not contain the character NUL",
  ]);
  refusal(anything, { "\udfff": 1 });
  const polluted = JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}');
  assert.deepEqual(messages(anything, polluted), ["a.__proto__ is not a known field"]);
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

Deno.test("the response to bad input stays small and clean", () => {
  const schema = z.strictObject({});
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
  const { errors, message } = refusal(schema, many);
  assert.equal(errors!.length, 30);
  assert.equal(message, "k0 is not a known field, and 4999 more faults");
  const [fault] = refusal(schema, { ["x".repeat(10_000) + "\n\u202e"]: 1 }).errors!;
  assert(fault.path.length <= 120 && fault.message.length < 200);
  assert(!/[\n\u202e]/.test(fault.message));
});

Deno.test("shared fields accept valid values and nothing else", () => {
  const cases: [string, z.ZodType, unknown[], unknown[]][] = [
    ["id", id, [ID], [ID.toUpperCase(), "", `${ID} `, 5, { $gt: "" }, ID.replace("-7", "-4")]],
    ["clientId", clientId, ["a", "x".repeat(64)], ["", "a b", "x".repeat(65), "é", "\n"]],
    ["cursor", cursor, ["abc_-.~"], ["", "a b", "x".repeat(513)]],
    ["limit", limit, [1, 100, undefined], [0, 101, 1.5, "5", null, Infinity, NaN]],
    ["seq", seq, [0, 2 ** 53 - 1], [-1, 2 ** 53, 0.5, "0"]],
    ["text", text({ max: 3 }), ["abc", "😀😀😀", " a "], ["", "   ", "abcd", "😀😀😀😀", "\u3000"]],
    ["empty text", text({ min: 0, max: 3 }), ["", "  "], ["abcd"]],
    ["line", line({ min: 2, max: 3 }), ["ab", " abc ", "é😀"], [
      "a",
      " a ",
      "a\nb",
      "a\u0007b",
      "😀",
    ]],
    ["ids", ids(id, { max: 2 }), [[ID]], [[], [ID, ID], [ID, ID, ID], ID]],
    [
      "instant",
      instant,
      ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123+02:00"],
      ["2026-01-31", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", 5],
    ],
  ];
  for (const [name, schema, good, bad] of cases) {
    for (const value of good) validate(schema, value);
    for (const value of bad) assert(refusal(schema, value), name);
  }
  assert.equal(validate(instant, "1970-01-01T00:00:01+00:00"), 1000);
  assert.equal(validate(limit, undefined), 50);
  assert.equal(codePoints("a😀é"), 3);
});
