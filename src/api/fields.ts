import { z } from "zod";
import { LIMIT_SPECS } from "./limits.ts";
import {
  hasStackedMarks,
  isVisible,
  MAX_ACCENTS,
  MAX_MARKS,
  withoutDirection,
  withoutTags,
} from "../core/visible_text.ts";

/**
 * Fields that the features share. They are strict JSON types; the REST transport converts a query
 * string, where every value is text, to these types. Messages are predicates: the field's name is
 * put before them.
 */

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const anyId = (about: string) =>
  z.string().regex(ID, "must be an id: a UUID of version 7 in lower case").meta({
    description: about,
    format: "uuid",
  });

export const id = anyId("An id");
export const userId = anyId("The id of a user").meta({ id: "UserId" });
export const chatId = anyId("The id of a chat").meta({ id: "ChatId" });
export const messageId = anyId("The id of a message").meta({ id: "MessageId" });
export const mediaId = anyId("The id of an upload").meta({ id: "MediaId" });
export const sessionId = anyId("The id of a session").meta({ id: "SessionId" });
export const deviceId = anyId("The id of an encryption device").meta({ id: "DeviceId" });

/** Ids without duplicates. In a query string: repeated, or separated by commas. */
export function ids(item: typeof id, { min = 1, max }: { min?: number; max: number }) {
  return z.array(item).min(min).max(max)
    .refine((list) => new Set(list).size === list.length, "must not name one id twice");
}

/**
 * The sender's identifier of a send, by which a retry is recognized: printable ASCII without
 * spaces.
 */
export const clientId = z.string()
  .regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII characters without spaces")
  .meta({
    id: "ClientId",
    description: "The sender's own name for the request; makes it idempotent",
  });

/** Counts code points, as JSON Schema does; a string's `length` counts UTF-16 units. */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) pairs++;
  }
  return text.length - pairs;
}

const withinLength = (text: string, min: number, max: number) =>
  text.length >= min && text.length <= 2 * max &&
  ((text.length <= max && min <= 1) || (codePoints(text) <= max && codePoints(text) >= min));

const lengthMessage = (min: number, max: number) => ({ input }: { input?: unknown }) => {
  if (input === "") return "must not be empty";
  return min === 0
    ? `must have at most ${max} characters`
    : `must have ${min} to ${max} characters`;
};

export interface TextOptions {
  /**
   * Minimum in code points; 1 by default, which also refuses a text without visible characters.
   * With 0 such a text is accepted as empty.
   */
  min?: number;
  /**
   * Maximum in code points; by default the upper bound of `LIMIT_TEXT_LENGTH`, whose configured
   * value the service enforces.
   */
  max?: number;
}

/** Text of several lines. */
export function text({ min = 1, max = LIMIT_SPECS.textLength.max }: TextOptions = {}): z.ZodString {
  const sized = z.string()
    .refine((value) => withinLength(value, min, max), {
      error: lengthMessage(min, max),
      abort: true,
    })
    .meta({ minLength: min, maxLength: max });
  return withSomethingVisible(sized, min);
}

function withSomethingVisible(schema: z.ZodString, min: number): z.ZodString {
  return min === 0
    ? schema.overwrite((value) => isVisible(value) ? value : "")
    : schema.refine(isVisible, "must not be blank");
}

const STACKED_MARKS =
  `must have at most ${MAX_ACCENTS} accents, or ${MAX_MARKS} marks, on one character`;

/**
 * Text of one line: a name or a title. Surrounding white space is removed, and so are characters
 * that would change the direction of adjacent text, and tags, which hide a text.
 */
export function line({ min = 1, max = 100 }: TextOptions = {}): z.ZodString {
  const sized = z.string().overwrite(withoutDirection).overwrite(withoutTags).trim()
    .refine((value) => withinLength(value, min, max), {
      error: lengthMessage(min, max),
      abort: true,
    })
    .refine(
      (value) => !/[\p{Cc}\u2028\u2029]/u.test(value),
      "must be one line, without control characters",
    )
    .refine((value) => !hasStackedMarks(value), STACKED_MARKS)
    .meta({ minLength: min, maxLength: max });
  return withSomethingVisible(sized, min);
}

/**
 * Number of items on a page; the configured `LIMIT_PAGE_SIZE` may be smaller, and then fewer are
 * returned.
 */
export const limit = z.int().min(1).max(LIMIT_SPECS.pageSize.max).default(50)
  .meta({ description: "How many items at most" });

/** The `next` of an earlier page; its content is opaque to clients. */
export const cursor = z.string()
  .regex(/^[A-Za-z0-9_.~-]{1,512}$/, "must be the next of an earlier page")
  .meta({ id: "Cursor", description: "What an earlier page gave as `next`" });

const counted = (about: string) => z.int().min(0).meta({ description: about });

export const seq = counted("A message's place in its chat").meta({ id: "Seq" });
export const rev = counted("A revision of a chat").meta({ id: "Rev" });

export const flag = z.boolean();

/** A time in a response: RFC 3339 in UTC, in the form of `toTimestamp`. */
export const timestamp = z.iso.datetime().meta({
  id: "Timestamp",
  description: "RFC 3339, in UTC with milliseconds",
  examples: ["2026-01-31T12:00:00.000Z"],
});

const LAST_MS = 253_402_300_799_999;

/** A time in a request: RFC 3339 with any offset, converted to epoch milliseconds. */
export const instant = z.iso.datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .refine((ms) => ms >= 0 && ms <= LAST_MS, "must be a time between the years 1970 and 9999")
  .meta({ description: "RFC 3339, with any offset" });

/** Output of a list. `next` is null on the last page. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next: cursor.nullable() });
}
