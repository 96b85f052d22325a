/** Rows that one query reads: each may have a megabyte. */
const ROWS_AT_ONCE = 4;
/** Characters of base64url after which a page is full. */
const PAGE_LENGTH = 2 * 1024 * 1024;

/**
 * Reads rows until there are `limit` of them, or their messages fill a page; at least one if there
 * is any. `read` returns at most so many of the rows that follow `last`.
 */
export async function pageByLength<Row extends { message: string }>(
  limit: number,
  read: (last: Row | undefined, limit: number) => Promise<Row[]>,
): Promise<{ items: Row[]; isLast: boolean }> {
  const items: Row[] = [];
  let length = 0;
  while (items.length < limit && length < PAGE_LENGTH) {
    const wanted = Math.min(ROWS_AT_ONCE, limit - items.length);
    const rows = await read(items.at(-1), wanted);
    items.push(...rows);
    for (const { message } of rows) length += message.length;
    if (rows.length < wanted) return { items, isLast: true };
  }
  return { items, isLast: false };
}
