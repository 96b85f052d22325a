import type { Db, IndexDescription } from "mongodb";
import { isNamespaceExists, isNotFound } from "./errors.ts";

/** A collection and the indexes that its queries need. Each entity's file defines its own. */
export interface CollectionSpec {
  name: string;
  indexes: Index[];
  /**
   * Names of indexes of earlier releases, which are dropped. A retired name is never used again.
   */
  retired?: string[];
}

/**
 * A unique index is named like a `DuplicateKeyName`, because the driver reports a duplicate by that
 * name. An index whose definition changes gets a new name, and the old name is retired.
 */
export type Index = IndexDescription & { name: string };

/**
 * Creates the collections, before the first transaction needs them. Existing ones stay unchanged,
 * so it is safe to repeat, also by several instances at once.
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

/** Creates the indexes that are missing; safe to repeat like `createCollections`. */
export async function createIndexes(db: Db, specs: CollectionSpec[]): Promise<void> {
  await Promise.all(specs.map(async ({ name, indexes }) => {
    if (indexes.length > 0) await db.collection(name).createIndexes(indexes);
  }));
}

/**
 * Runs at every start, since an instance of an earlier release that starts later creates them
 * again.
 */
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
