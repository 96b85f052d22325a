import type { CreateIndexesOptions, Db, IndexDescription } from "mongodb";
import { forEachOf } from "../../core/concurrency.ts";
import { isNamespaceExists, isNotFound } from "./errors.ts";

/** Commands in flight, each on a connection that the driver opens for it and then keeps. */
const AT_ONCE = 4;

/**
 * A new index of a large collection takes minutes, in which the server sends nothing. The driver
 * reads this option of every command, and declares it for none.
 */
const UNLIMITED = { socketTimeoutMS: 0 } as CreateIndexesOptions;

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
  const existing = await db.listCollections({}, { nameOnly: true }).toArray();
  const names = new Set(existing.map(({ name }) => name));
  await forEachOf(specs.filter(({ name }) => !names.has(name)), AT_ONCE, async ({ name }) => {
    try {
      await db.createCollection(name);
    } catch (error) {
      if (!isNamespaceExists(error)) throw error;
    }
  });
}

/** Creates the indexes that are missing; safe to repeat like `createCollections`. */
export async function createIndexes(db: Db, specs: CollectionSpec[]): Promise<void> {
  await forEachOf(specs, AT_ONCE, async ({ name, indexes }) => {
    if (indexes.length > 0) await db.collection(name).createIndexes(indexes, UNLIMITED);
  });
}

/**
 * Runs at every start, since an instance of an earlier release that starts later creates them
 * again.
 */
export async function dropRetiredIndexes(db: Db, specs: CollectionSpec[]): Promise<void> {
  await forEachOf(specs, AT_ONCE, async ({ name, retired = [] }) => {
    for (const index of retired) {
      try {
        await db.collection(name).dropIndex(index);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  });
}
