import { fieldError } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import { WorkBudget } from "../core/work_budget.ts";
import { byCreation, type CreationPlace } from "../store/creation_order.ts";

/** Milliseconds of one page; the next page continues where it stopped. */
const PAGE_MS = 300;
/** Rows read in one turn of the event loop. */
const ROWS_AT_ONCE = 100;

export interface MatchingQuery<Row extends CreationPlace> {
  /** The `next` of an earlier page; null for the first one. */
  cursor: string | null;
  /** Only rows created before this time; null for all. */
  createdBefore: number | null;
  limit: number;
  /** Reads the next rows, newest first. */
  read(before: CreationPlace | null, limit: number): Promise<Row[]>;
  isMatch(row: Row): boolean;
}

export interface MatchingPage<Row> {
  items: Row[];
  next: string | null;
}

/**
 * Reads rows from the newest on and keeps those that match, up to `limit` or until the time of one
 * page is used up: then the page is short, and its `next` continues after the last row that was
 * read.
 */
export async function newestMatching<Row extends CreationPlace>(
  query: MatchingQuery<Row>,
): Promise<MatchingPage<Row>> {
  const budget = await WorkBudget.begin(PAGE_MS);
  const items: Row[] = [];
  for (let before = firstPlace(query);;) {
    const rows = await query.read(before, ROWS_AT_ONCE);
    for (const row of rows) {
      if (!query.isMatch(row)) continue;
      if (items.length === query.limit) return { items, next: cursorOf(items.at(-1)!) };
      items.push(row);
    }
    if (rows.length < ROWS_AT_ONCE) return { items, next: null };
    before = rows.at(-1)!;
    if (budget.isSpent) return { items, next: cursorOf(before) };
    await budget.pause();
  }
}

/** As `newestMatching`, for rows that were read already. */
export function newestAmong<Row extends CreationPlace>(
  rows: readonly Row[],
  query: Omit<MatchingQuery<Row>, "read">,
): MatchingPage<Row> {
  const first = firstPlace(query);
  const found = rows.filter((row) => (first === null || byCreation(first, row) < 0))
    .filter((row) => query.isMatch(row)).sort(byCreation);
  const items = found.slice(0, query.limit);
  return { items, next: found.length > query.limit ? cursorOf(items.at(-1)!) : null };
}

/** The empty id sorts before all rows of its millisecond, so none of that time is read. */
function firstPlace(
  { cursor, createdBefore }: Pick<MatchingQuery<CreationPlace>, "cursor" | "createdBefore">,
): CreationPlace | null {
  const limit = createdBefore === null ? null : { createdAt: createdBefore, id: "" };
  if (cursor === null) return limit;
  const place = placeOf(cursor);
  return limit && byCreation(limit, place) > 0 ? limit : place;
}

const cursorOf = ({ createdAt, id }: CreationPlace) => `${createdAt}~${id}`;

function placeOf(cursor: string): CreationPlace {
  const [createdAt, id] = cursor.split("~");
  if (/^\d{1,15}$/.test(createdAt) && isId(id)) return { createdAt: Number(createdAt), id };
  throw fieldError("invalid_request", "cursor", "cursor must be the next of an earlier page");
}
