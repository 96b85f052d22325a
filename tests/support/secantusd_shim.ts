import { Collection, type Document, type Filter } from "mongodb";

type FindOneAndUpdate = (
  this: Collection,
  filter: Filter<Document>,
  update: Document,
  options?: { upsert?: boolean; returnDocument?: "before" | "after" },
) => Promise<Document | null>;

/**
 * secantusd 0.5 returns nothing to one of two concurrent upserts with `returnDocument: "after"`,
 * which MongoDB documents to return the document: it is read in a second step here, and not in the
 * adapter.
 */
export function shimSecantusd(): void {
  const prototype = Collection.prototype as unknown as { findOneAndUpdate: FindOneAndUpdate };
  const { findOneAndUpdate } = prototype;
  prototype.findOneAndUpdate = async function (filter, update, options) {
    const updated = await findOneAndUpdate.call(this, filter, update, options);
    const isLost = updated === null && options?.upsert && options.returnDocument === "after";
    return isLost ? await this.findOne(filter, options as object) : updated;
  };
}
