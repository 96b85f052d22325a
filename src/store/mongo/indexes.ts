import type { Db, IndexDescription } from "mongodb";
import { isNamespaceExists, isNotFound } from "./errors.ts";

/** A collection and what its queries need. Each entity's file has its own. */
export interface CollectionSpec {
  name: string;
  indexes: Index[];
  /** Names of indexes of earlier releases, which are dropped. A retired name is never used again. */
  retired?: string[];
}

/**
 * A unique index is named as `DuplicateKeyName` has it, for its name is what a duplicate is known by.
 * An index whose definition changes takes a new name, and the old name is retired.
 */
export type Index = IndexDescription & { name: string };

/**
 * Creates the collections, before the first transaction needs them. One that exists is left alone, so it
 * may be repeated, and by several instances at once.
 */
export async function createCollections(db: Db, specs: CollectionSpec[]): Promise<void> {
  await Promise.all(specs.map(async ({ name }) => {
    try {
      await db.createCollection(name);
    } catch (error) {
      if (!isNamespaceExists(error)) throw error;
    }
  }));
}

/** Creates the indexes that are missing; may be repeated as `createCollections`. */
export async function createIndexes(db: Db, specs: CollectionSpec[]): Promise<void> {
  await Promise.all(specs.map(async ({ name, indexes }) => {
    if (indexes.length > 0) await db.collection(name).createIndexes(indexes);
  }));
}

/** At every start, since an instance of an earlier release that starts later creates them again. */
export async function dropRetiredIndexes(db: Db, specs: CollectionSpec[]): Promise<void> {
  await Promise.all(specs.map(async ({ name, retired = [] }) => {
    for (const index of retired) {
      try {
        await db.collection(name).dropIndex(index);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }));
}
