import type { Message } from "../../model/message.ts";

/** A part of a chat's history: `after < seq < before`. */
export interface SeqRange {
  after: number;
  before: number;
}

/** Reads at most `limit` messages of a range, from its end or from its start. */
export type ReadRange = (range: SeqRange, limit: number) => Promise<Message[]>;

/**
 * Positions that a range spans, as multiples of a page's limit. Every change of a chat takes one,
 * so most pages are within the first range, and those of chats with many reactions in the second.
 */
const SPANS = [4, 32];
const LEAST_SPAN = 64;

/**
 * Reads a page, newest first, in ranges with two ends. Without a lower end, databases that cannot
 * go through an index backwards read the whole history for its last page.
 */
export async function pageBefore(
  before: number,
  limit: number,
  read: ReadRange,
): Promise<Message[]> {
  const rows: Message[] = [];
  let end = before;
  for (const span of [...SPANS, Infinity]) {
    const after = Math.max(0, before - 1 - Math.max(LEAST_SPAN, span * limit));
    rows.push(...await read({ after, before: end }, limit - rows.length));
    if (rows.length >= limit || after === 0) break;
    end = after + 1;
  }
  return rows;
}

/**
 * Reads a page, oldest first, in the same way. The second range begins at the last message that was
 * found, since more may have been stored behind it meanwhile.
 */
export async function pageAfter(
  { after, before }: SeqRange,
  limit: number,
  read: ReadRange,
): Promise<Message[]> {
  const end = after + 1 + Math.max(LEAST_SPAN, SPANS.at(-1)! * limit);
  const rows = await read({ after, before: Math.min(end, before) }, limit);
  if (rows.length >= limit || end >= before) return rows;
  const rest = { after: rows.at(-1)?.seq ?? after, before };
  return [...rows, ...await read(rest, limit - rows.length)];
}
