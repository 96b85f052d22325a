import type { CreationPage } from "../creation_order.ts";
import type { RevisionRange } from "../message_store.ts";

/**
 * Representation of the model's rows in MongoDB: their own fields under their own names, with a
 * string `_id`, which is the row's `id` if it has one. Fields that only an index needs (`terms`,
 * `customEntries`) are written beside them and never read back.
 */
export type Document<Row> = { _id: string } & Omit<Row, "id">;

/** A row that is found by the words in it. */
export type Searchable<Row> = Document<Row> & { terms: string[] };

/** Reads omit the fields that only the index needs; they may be larger than the row. */
export const WITHOUT_TERMS = { terms: 0, customEntries: 0 } as const;

/**
 * For queries of as many rows as people have created: the driver decodes a batch in one turn of the
 * event loop, and without this one batch has up to 16 MB.
 */
export const IN_BATCHES = { batchSize: 500 } as const;

export function toDocument<Row extends { id: string }>({ id, ...fields }: Row): Document<Row> {
  return { _id: id, ...fields };
}

export function fromDocument<Row extends { id: string }>(
  { _id, ...fields }: Document<Row>,
): Row {
  return { id: _id, ...fields } as unknown as Row;
}

/**
 * Like `fromDocument`, for an entity with fields that earlier releases did not write: they get
 * their default here, also when an instance of such a release writes the document during an
 * upgrade.
 */
export function readerOf<Row extends { id: string }>(
  defaults: () => Partial<Row>,
): (document: Document<Row>) => Row {
  return (document) => ({ ...defaults(), ...fromDocument(document) });
}

export function fromDocumentOrNull<Row extends { id: string }>(
  document: Document<Row> | null,
): Row | null {
  return document && fromDocument(document);
}

/** For rows that have a compound key instead of an `id`. */
export function withoutKey<Row>({ _id, ...row }: { _id: string } & Row): Row {
  return row as unknown as Row;
}

/** The `_id` of a row with a compound key. Ids contain no colon. */
export function compoundKey(...ids: string[]): string {
  return ids.join(":");
}

/** The condition on rows of a chat whose revision is within the range. */
export function inRange({ chatId, after, maxRev }: RevisionRange) {
  return { chatId: eq(chatId), rev: { $gt: after, $lte: maxRev } };
}

/** The condition on rows that sort, newest first, after the page's place. */
export function createdBefore({ before, from }: CreationPage) {
  const since = from === null ? {} : { createdAt: { $gte: from } };
  if (before === null) return since;
  const { createdAt, id } = before;
  return {
    $and: [since, { createdAt: { $lte: createdAt } }],
    $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }],
  };
}

/**
 * Every value from outside goes into a filter through this. An object in its place would be
 * interpreted as an operator, and so is rejected, whatever the types say; and the driver by default
 * writes `undefined` as null, which matches no id (with its `ignoreUndefined` the condition would
 * vanish, and match everything).
 */
export function eq<T extends string | number>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  throw new TypeError("Cannot query MongoDB: expected a value and not an object");
}

/** Returns the fields that were given: a field that is present and undefined means "leave it". */
export function definedFields<T extends object>(patch: T): Partial<T> {
  const fields = Object.entries(patch).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as Partial<T>;
}
