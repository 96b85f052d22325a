import type { Db, IndexDescription } from "mongodb";
import { isNamespaceExists } from "./errors.ts";

/** A collection and what its queries need. Each entity's file has its own. */
export interface CollectionSpec {
  name: string;
  indexes: Index[];
}

/**
 * A unique index is named as `DuplicateKeyName` has it, for its name is what a duplicate is known by.
 * An index whose definition changes takes a new name.
 */
export type Index = IndexDescription & { name: string };

/**
 * Makes the collections with their indexes, before the first transaction needs them. What is there
 * already is left alone, so it may be repeated, and by several instances at once.
 */
export async function makeCollections(db: Db, specs: CollectionSpec[]): Promise<void> {
  await Promise.all(specs.map((spec) => makeCollection(db, spec)));
}

async function makeCollection(db: Db, { name, indexes }: CollectionSpec): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!isNamespaceExists(error)) throw error;
  }
  if (indexes.length > 0) await db.collection(name).createIndexes(indexes);
}
