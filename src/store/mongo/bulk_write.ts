import type { ClientSession, Document } from "mongodb";
import type { MongoConnection } from "./connection.ts";

/** A write to the collection of this name; an update concerns one document. */
export type PlannedWrite =
  & { to: string }
  & ({ insert: Document } | { filter: Document; update: Document; upsert?: boolean });

/** Codes of a server that has no such command, or not yet while its upgrade is under way. */
const NOT_OFFERED = new Set([59, 72, 115]);

/** A write that the server refused, with the interface of the driver's errors. */
class RefusedWrite extends Error {
  override readonly name = "RefusedWrite";

  constructor(readonly code: number, message: string) {
    super(message);
  }

  hasErrorLabel(label: string): boolean {
    return label === "TransientTransactionError" && this.code === 112;
  }
}

/** The command turned out not to be offered: the transaction is tried again without it. */
class NoBulkWrite extends Error {
  override readonly name = "NoBulkWrite";

  hasErrorLabel(label: string): boolean {
    return label === "TransientTransactionError";
  }
}

/**
 * Executes writes in order, within a transaction that has begun. MongoDB 8 takes writes to several
 * collections in one round trip (the command `bulkWrite`); earlier releases get one for each
 * collection.
 */
export async function writeAll(
  mongo: MongoConnection,
  writes: PlannedWrite[],
  session: ClientSession,
): Promise<void> {
  if (writes.length === 0) return;
  const names = [...new Set(writes.map(({ to }) => to))];
  if (names.length > 1 && mongo.offers.bulkWrite) {
    return await bulkWrite(mongo, names, writes, session);
  }
  for (const name of names) {
    const operations = writes.filter(({ to }) => to === name).map(operationOf);
    await mongo.db.collection(name).bulkWrite(operations, { session });
  }
}

async function bulkWrite(
  mongo: MongoConnection,
  names: string[],
  writes: PlannedWrite[],
  session: ClientSession,
): Promise<void> {
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const command = {
    bulkWrite: 1,
    ordered: true,
    errorsOnly: true,
    ops: writes.map((write) => commandOf(write, indexOf.get(write.to)!)),
    nsInfo: names.map((name) => ({ ns: `${mongo.db.databaseName}.${name}` })),
  };
  const answer = await run(mongo, command, session);
  // Ordered: it stops at the first error.
  const [refused] = answer.cursor.firstBatch;
  if (refused) throw new RefusedWrite(refused.code, refused.errmsg);
}

async function run(mongo: MongoConnection, command: Document, session: ClientSession) {
  try {
    return await mongo.admin.command(command, { session });
  } catch (error) {
    if (!NOT_OFFERED.has((error as { code?: number }).code ?? 0)) throw error;
    mongo.offers.bulkWrite = false;
    throw new NoBulkWrite("The database has no command bulkWrite", { cause: error });
  }
}

function operationOf(write: PlannedWrite) {
  if ("insert" in write) return { insertOne: { document: write.insert } };
  const { filter, update, upsert = false } = write;
  return { updateOne: { filter, update, upsert } };
}

function commandOf(write: PlannedWrite, index: number): Document {
  if ("insert" in write) return { insert: index, document: write.insert };
  const { filter, update: updateMods, upsert = false } = write;
  return { update: index, filter, updateMods, multi: false, upsert };
}
