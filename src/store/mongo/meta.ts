import type { Collection, Db } from "mongodb";

/**
 * Facts about the database itself, a document each: `schema` (see migrations.ts) and `incarnation`.
 */
export const META = "meta";

/** The document with the database's schema version, and the instance that is migrating it. */
export interface SchemaDocument {
  _id: "schema";
  /** Number of steps done; a database of a release before there were steps has 0. */
  version: number;
  /** Number of steps that a release must know to work with these documents. */
  minimum: number;
  /** The instance that is migrating, and the counter by which it shows that it is alive. */
  migrator: string | null;
  beat: number;
}

interface IncarnationDocument {
  _id: "incarnation";
  value: string;
}

/** Keeps an existing one. */
export async function newIncarnation(db: Db): Promise<void> {
  const value = crypto.randomUUID().replaceAll("-", "");
  await incarnations(db).updateOne(
    { _id: "incarnation" },
    { $setOnInsert: { value } },
    { upsert: true },
  );
}

export async function incarnationOf(db: Db): Promise<string> {
  const found = await incarnations(db).findOne({ _id: "incarnation" });
  if (found === null) {
    throw new Error("Cannot read the incarnation of the database: none is stored");
  }
  return found.value;
}

/** Rejects if the database takes no writes: it has no primary, no majority or no space. */
export async function probeWrite(db: Db): Promise<void> {
  await db.collection<{ _id: string }>(META).updateOne(
    { _id: "probe" },
    { $currentDate: { at: true } },
    { upsert: true },
  );
}

function incarnations(db: Db): Collection<IncarnationDocument> {
  return db.collection<IncarnationDocument>(META);
}
