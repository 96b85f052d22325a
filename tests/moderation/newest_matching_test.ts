import assert from "node:assert/strict";
import { idAt } from "../../src/core/ids.ts";
import { newestAmong, newestMatching } from "../../src/moderation/newest_matching.ts";
import { byCreation, type CreationPlace } from "../../src/store/creation_order.ts";

interface Row extends CreationPlace {
  n: number;
}

/** Rows 0 to 249, of which each three are of one millisecond; row 249 is the newest. */
const ROWS: Row[] = Array.from({ length: 250 }, (_, n) => {
  const createdAt = 1_000 + Math.floor(n / 3);
  return { n, createdAt, id: idAt(createdAt, n) };
});
const NEWEST_FIRST = ROWS.toReversed();

const read = (before: CreationPlace | null, limit: number) =>
  Promise.resolve(
    NEWEST_FIRST.filter((row) => before === null || byCreation(before, row) < 0).slice(0, limit),
  );

type Query = Parameters<typeof newestAmong<Row>>[1];

/** Both ways have to give the same pages. */
const WAYS: [
  name: string,
  page: (query: Query) => Promise<{ items: Row[]; next: string | null }>,
][] = [
  ["read from the store", (query) => newestMatching<Row>({ ...query, read })],
  ["read before", (query) => Promise.resolve(newestAmong(ROWS, query))],
];

Deno.test("a page of matching rows ends with its time, and the next one continues after what was read", async () => {
  const now = performance.now;
  let at = Math.floor(now.call(performance)), reads = 0;
  performance.now = () => at;
  try {
    const query = { createdBefore: null, limit: 9, isMatch: ({ n }: Row) => n % 60 === 0 };
    const slow: typeof read = async (before, limit) => {
      reads++;
      at += 300;
      return await read(before, limit);
    };
    const first = await newestMatching<Row>({ ...query, cursor: null, read: slow });
    assert.deepEqual([first.items.map(({ n }) => n), reads], [[240, 180], 1]);
    const then = await newestMatching<Row>({ ...query, cursor: first.next, read: slow });
    assert.deepEqual([then.items.map(({ n }) => n), reads], [[120, 60], 2]);
    const last = await newestMatching<Row>({ ...query, cursor: then.next, read: slow });
    assert.deepEqual([last.items.map(({ n }) => n), last.next, reads], [[0], null, 3]);
  } finally {
    performance.now = now;
  }
});

for (const [name, page] of WAYS) {
  const walk = async (query: Omit<Query, "cursor">) => {
    const pages: number[][] = [];
    for (let cursor: string | null = null; pages.length < 300;) {
      const { items, next } = await page({ ...query, cursor });
      pages.push(items.map(({ n }) => n));
      if (next === null) return pages;
      cursor = next;
    }
    throw new Error("the pages do not end");
  };
  const all = { createdBefore: null, isMatch: () => true };

  Deno.test(`pages of matching rows have each once, newest first, to the end (${name})`, async () => {
    const expected = NEWEST_FIRST.map(({ n }) => n);
    for (const limit of [1, 7, 100, 125, 250, 251]) {
      const pages = await walk({ ...all, limit });
      assert.deepEqual(pages.flat(), expected);
      assert.ok(pages.slice(0, -1).every(({ length }) => length === limit), `${limit}`);
      assert.equal(pages.length, Math.ceil(250 / limit), "the last full page has no next");
    }
  });

  Deno.test(`pages have only the rows that match (${name})`, async () => {
    const pages = await walk({ ...all, limit: 2, isMatch: ({ n }) => n % 60 === 0 });
    assert.deepEqual(pages, [[240, 180], [120, 60], [0]]);
    assert.deepEqual(await walk({ ...all, limit: 2, isMatch: () => false }), [[]]);
  });

  Deno.test(`pages begin before the given time, and no cursor leads past it (${name})`, async () => {
    const query = { ...all, createdBefore: 1_002, limit: 4 };
    assert.deepEqual(await walk(query), [[5, 4, 3, 2], [1, 0]]);
    const { createdAt, id } = ROWS[100];
    const later = await page({ ...query, cursor: `${createdAt}~${id}` });
    assert.deepEqual(later.items.map(({ n }) => n), [5, 4, 3, 2]);
    const earlier = await page({ ...query, cursor: `${ROWS[3].createdAt}~${ROWS[3].id}` });
    assert.deepEqual(earlier.items.map(({ n }) => n), [2, 1, 0]);
  });

  Deno.test(`a cursor that no page gave is refused (${name})`, async () => {
    const { id } = ROWS[0];
    for (const cursor of ["", "1", id, `x~${id}`, `-1~${id}`, "1000~no-id", "1000~", `1e3~${id}`]) {
      await assert.rejects(
        async () => await page({ ...all, limit: 1, cursor }),
        { code: "invalid_request" },
        cursor,
      );
    }
  });
}
