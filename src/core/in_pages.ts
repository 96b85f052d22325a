/** A page of rows, the highest id first; with `before`, only lower ids. */
export interface IdPage {
  before: string | null;
  limit: number;
}

/** Yields the rows of all pages of `limit` rows, and holds one page at a time. */
export async function* inPages<Row extends { id: string }>(
  limit: number,
  read: (page: IdPage) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let before: string | null = null;;) {
    const rows: Row[] = await read({ before, limit });
    yield* rows;
    if (rows.length < limit) return;
    before = rows.at(-1)!.id;
  }
}
