import type { AnyBulkWriteOperation, Db, Document, Filter } from "mongodb";

interface StoredDocument extends Document {
  _id: string;
}

const BATCH = 500;

/**
 * Rewrites one field, a batch of documents at a time: `change` returns the new value, or
 * `undefined` to leave it. A document that was changed concurrently is left to the next round.
 */
export async function rewriteField(
  db: Db,
  collection: string,
  field: string,
  change: (value: unknown) => unknown | Promise<unknown>,
): Promise<void> {
  while (!await rewriteRound(db, collection, field, change));
}

/** Returns false if it has to be repeated. */
async function rewriteRound(
  db: Db,
  collection: string,
  field: string,
  change: (value: unknown) => unknown | Promise<unknown>,
): Promise<boolean> {
  const documents = db.collection<StoredDocument>(collection);
  let isComplete = true;
  for (let last = "";;) {
    const page = await documents
      .find({ _id: { $gt: last } }, { projection: { [field]: 1 } })
      .sort({ _id: 1 }).limit(BATCH).toArray();
    const writes: AnyBulkWriteOperation<StoredDocument>[] = [];
    for (const document of page) writes.push(...await updateOf(document, field, change));
    if (writes.length > 0) {
      const { matchedCount } = await documents.bulkWrite(writes);
      if (matchedCount < writes.length) isComplete = false;
    }
    if (page.length < BATCH) return isComplete;
    last = page[page.length - 1]._id;
  }
}

async function updateOf(
  document: StoredDocument,
  field: string,
  change: (value: unknown) => unknown | Promise<unknown>,
): Promise<AnyBulkWriteOperation<StoredDocument>[]> {
  const value = document[field];
  if (value === undefined) return [];
  const changed = await change(value);
  if (changed === undefined) return [];
  const filter: Filter<StoredDocument> = { _id: document._id, [field]: value };
  return [{ updateOne: { filter, update: { $set: { [field]: changed } } } }];
}
