import { containsRuns, type QueryTerms } from "../search_terms.ts";

/** Sorts after every letter, and is none itself. */
const LAST_CHARACTER = "\u{10FFFF}";

type TermCondition = { terms: { $eq: string } | { $elemMatch: { $gte: string; $lt: string } } };

/** The condition on `terms` that a query sets; null when it has no words, and so finds nothing. */
export function termsCondition({ terms, prefix }: QueryTerms): { $and: TermCondition[] } | null {
  const conditions: TermCondition[] = terms.map((term) => ({ terms: { $eq: term } }));
  if (prefix !== null) conditions.push({ terms: startingWith(prefix) });
  return conditions.length === 0 ? null : { $and: conditions };
}

/** A range: an anchored regular expression by another name, with nothing in it to escape. */
function startingWith(prefix: string) {
  return { $elemMatch: { $gte: prefix, $lt: prefix + LAST_CHARACTER } };
}

/**
 * The first `limit` of the found rows that have the query's runs in their text. The index cannot say
 * that, so rows are drawn until there are enough.
 */
export async function withRuns<Row>(
  found: AsyncIterable<Row>,
  textOf: (row: Row) => string,
  runs: string[],
  limit: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of found) {
    if (!containsRuns(textOf(row), runs)) continue;
    rows.push(row);
    if (rows.length >= limit) break;
  }
  return rows;
}
