import { WorkBudget } from "../../core/work_budget.ts";
import type { QueryTerms, TermSet } from "../search_terms.ts";

/** Sorts after every letter, and is none itself. */
const LAST_CHARACTER = "\u{10FFFF}";

/** Maximum number of rows that one search reads and checks; the next page continues. */
const MAX_ROWS = 500;
/** Milliseconds of work of one search, beside the database's. */
const SEARCH_MS = 300;

type TermCondition = { terms: { $eq: string } | { $elemMatch: { $gte: string; $lt: string } } };
type AllOf = { $and: TermCondition[] };

/** The condition on `terms` of a query; null when it has no words, and so finds nothing. */
export function termsCondition(query: QueryTerms): AllOf | { $or: AllOf[] } | null {
  const condition = allOf(query);
  if (condition.$and.length === 0 || query.byCharacter === null) {
    return condition.$and.length === 0 ? null : condition;
  }
  return { $or: [condition, allOf(query.byCharacter)] };
}

function allOf({ terms, prefix }: TermSet): AllOf {
  const conditions: TermCondition[] = terms.map((term) => ({ terms: { $eq: term } }));
  if (prefix !== null) conditions.push({ terms: startingWith(prefix) });
  return { $and: conditions };
}

/** A range, equivalent to an anchored regular expression, with nothing in it to escape. */
function startingWith(prefix: string) {
  return { $elemMatch: { $gte: prefix, $lt: prefix + LAST_CHARACTER } };
}

/** Number of rows to read for a page of `limit` hits: one more, unless rows have to be checked. */
export function rowsToRead(limit: number, isExact: boolean): number {
  return isExact ? limit + 1 : MAX_ROWS;
}

export interface Hits<Row> {
  rows: Row[];
  /** The last row that was checked; null if there are no more. */
  last: Row | null;
}

/**
 * Returns the first `limit` of the rows that `isHit`, checked in slices of the event loop. `read`
 * is the number of rows that were requested: if there are as many, more may follow.
 */
export async function hitsAmong<Row>(
  found: readonly Row[],
  read: number,
  limit: number,
  isHit: (row: Row) => boolean,
): Promise<Hits<Row>> {
  const budget = await WorkBudget.begin(SEARCH_MS);
  const rows: Row[] = [];
  for (const [i, row] of found.entries()) {
    await budget.pause();
    if (isHit(row)) {
      if (rows.length === limit) return { rows, last: rows.at(-1)! };
      rows.push(row);
    }
    const isLast = i === found.length - 1;
    if (isLast ? found.length === read : budget.isSpent) return { rows, last: row };
  }
  return { rows, last: null };
}
