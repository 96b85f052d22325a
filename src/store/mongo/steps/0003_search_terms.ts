import type { AnyBulkWriteOperation, Db, Document } from "mongodb";
import { messageTerms, messageText, nameTerms } from "../../search_terms.ts";
import type { MigrationStep } from "./step.ts";

const BATCH = 200;

interface StoredDocument extends Document {
  _id: string;
  terms: string[];
}

/**
 * True for text whose terms are unchanged: words of ASCII, and fewer than the former maximum of a
 * message.
 */
const isUnchanged = (text: string) => text.length < 500 && !/[\u0080-\uffff]/.test(text);

/** Emoji, names of files and the end of long messages are terms too. */
export const step: MigrationStep = {
  name: "0003_search_terms",
  async run(db: Db) {
    await rewriteTerms(db, "messages", ({ text, media, kind, deletedAt }) => {
      if (kind === "encrypted" || deletedAt !== null) return null;
      const searched = messageText({ text, media: media ?? [] });
      return media?.length || !isUnchanged(searched) ? messageTerms(searched) : null;
    });
    await rewriteTerms(db, "users", ({ displayName, username, deletedAt }) => {
      return deletedAt !== null || isUnchanged(displayName)
        ? null
        : nameTerms(displayName, username);
    });
  },
};

/**
 * `termsOf` returns null for a document that keeps its terms. A document that was changed
 * concurrently keeps them.
 */
async function rewriteTerms(
  db: Db,
  collection: string,
  termsOf: (document: StoredDocument) => string[] | null,
): Promise<void> {
  const documents = db.collection<StoredDocument>(collection);
  for (let last = "";;) {
    const page = await documents.find({ _id: { $gt: last } }, { projection: { terms: 0 } })
      .sort({ _id: 1 }).limit(BATCH).toArray();
    const writes: AnyBulkWriteOperation<StoredDocument>[] = [];
    for (const document of page) {
      const terms = termsOf(document as StoredDocument);
      if (terms === null) continue;
      const { _id, rev, updatedAt } = document;
      const filter = rev === undefined ? { _id, updatedAt } : { _id, rev };
      writes.push({ updateOne: { filter, update: { $set: { terms } } } });
    }
    if (writes.length > 0) await documents.bulkWrite(writes, { ordered: false });
    if (page.length < BATCH) return;
    last = page.at(-1)!._id;
  }
}
