import type { Collection, Document, Filter, FindOptions, Sort } from "mongodb";
import { BatchLoader } from "../../core/batch_loader.ts";
import { eq, IN_BATCHES } from "./documents.ts";

/** Documents that one read decodes in a turn of the event loop. */
const ROWS_PER_READ = 200;
/** Keys of one read of lists, which may each be long. */
const LISTS_PER_READ = 50;

/** Loads documents by `_id`: a crowd that comes at once is read together. */
export function rowLoader<D extends Document & { _id: string }>(
  collection: Collection<D>,
  options: FindOptions = {},
): (id: string) => Promise<D | null> {
  const loader = new BatchLoader<D | null>({
    maxKeys: ROWS_PER_READ,
    missing: () => null,
    async read(ids) {
      const found = await collection.find(among<D>("_id", ids), options).toArray();
      return new Map(found.map((row) => [row._id, row as unknown as D]));
    },
  });
  return (id) => loader.load(checked(id));
}

/** As many ids as share their read with those of others. */
export const FEW = 50;

/** Returns the documents that exist, in no particular order; of at most `FEW` ids. */
export async function loadAll<D>(
  load: (id: string) => Promise<D | null>,
  ids: string[],
): Promise<D[]> {
  const found = await Promise.all([...new Set(ids)].map(load));
  return found.filter((each) => each !== null);
}

/**
 * Loads all documents that have a value in a field, in no particular order. Fewer values share a
 * read (`maxKeys`) where one of them may have thousands of documents.
 */
export function listLoader<D extends Document>(
  collection: Collection<D>,
  field: keyof D & string,
  maxKeys = LISTS_PER_READ,
): (value: string) => Promise<D[]> {
  const loader = new BatchLoader<D[]>({
    maxKeys,
    missing: () => [],
    async read(values) {
      const lists = new Map<string, D[]>(values.map((value) => [value, []]));
      for await (const row of collection.find(among<D>(field, values), IN_BATCHES)) {
        lists.get(row[field])!.push(row as unknown as D);
      }
      return lists;
    },
  });
  // A copy: those who asked for the same list may each sort it.
  return async (value) => [...await loader.load(checked(value))];
}

/** Pairs of a person and a chat in one read, each a separate look-up in the index. */
const PAIRS_PER_READ = 32;
/** Documents that such a read returns at most; with more, each pair is read by itself. */
const ROWS_OF_PAIRS = 1_000;

/**
 * Loads the documents of a person in a chat that match `also`. Others decide how many there are, so
 * of more than `ROWS_OF_PAIRS` only the first are returned, in the order `sort`; of fewer all, in
 * no particular order.
 */
export function ofUserInChatLoader<D extends Document & { userId: string; chatId: string | null }>(
  collection: Collection<D>,
  also: Filter<D> = {},
  sort: Sort = {},
): (userId: string, chatId: string) => Promise<D[]> {
  const find = async (filter: Filter<D>, options: FindOptions = {}) =>
    await collection.find(filter, { ...IN_BATCHES, ...options })
      .limit(ROWS_OF_PAIRS).toArray() as unknown as D[];
  const loader = new BatchLoader<D[]>({
    maxKeys: PAIRS_PER_READ,
    missing: () => [],
    async read(keys) {
      const pairs = keys.map((key) => {
        const [userId, chatId] = key.split(" ");
        return { userId: eq(userId), chatId: eq(chatId), ...also } as Filter<D>;
      });
      let found = await find(pairs.length === 1 ? pairs[0] : { $or: pairs } as Filter<D>);
      if (found.length >= ROWS_OF_PAIRS) {
        found = [];
        for (const pair of pairs) found.push(...await find(pair, { sort }));
      }
      return Map.groupBy(found, ({ userId, chatId }) => `${userId} ${chatId}`);
    },
  });
  return async (userId, chatId) => {
    // A copy: those who asked for the same list may each sort it.
    return [...await loader.load(`${checked(userId)} ${checked(chatId)}`)];
  };
}

/** One value is asked for as one, which databases plan best. */
export function among<D>(field: string, values: string[]): Filter<D> {
  return { [field]: values.length === 1 ? eq(values[0]) : { $in: values } } as Filter<D>;
}

/** A look-up that cannot be asked for fails alone, and not with those that share its read. */
function checked(value: string): string {
  return typeof value === "string" ? value : eq(value);
}
