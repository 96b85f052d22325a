import type { ClientSession, Document } from "mongodb";
import type { MongoConnection } from "./connection.ts";

/**
 * A write to the collection of this name; an update or a replacement concerns one document. A
 * replacement must find its document, and so must an update with `mustMatch`.
 */
export type PlannedWrite =
  & { to: string }
  & (
    | { insert: Document }
    | { filter: Document; update: Document; upsert?: boolean; mustMatch?: true }
    | { filter: Document; replacement: Document }
  );

/** Thrown when a write that must match found no document; the transaction is then to be aborted. */
export class NothingMatched extends Error {
  override readonly name = "NothingMatched";

  /**
   * `to` is the name of the collection; the write is left out where the server does not name it.
   */
  constructor(readonly to: string, readonly write?: PlannedWrite) {
    super(`Cannot change a document of ${to}: there is none that matches`);
  }
}

/** Codes of a server that has no such command, or not yet while its upgrade is under way. */
const NOT_OFFERED = new Set([59, 72, 115]);

/** A write that the server refused, with the interface of the driver's errors. */
export class RefusedWrite extends Error {
  override readonly name = "RefusedWrite";

  constructor(readonly code: number, message: string, readonly write: PlannedWrite) {
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
 * Writes of one command, which has at most 16 MB: a commit may bring a row for each message and
 * webhook.
 */
const WRITES_PER_COMMAND = 4_000;

/**
 * Executes writes in order, in a transaction that may begin with them. MongoDB 8 takes writes to
 * several collections in one round trip (the command `bulkWrite`); earlier releases get one for
 * each collection, and those that must match before the others. Throws `NothingMatched`.
 */
export async function writeAll(
  mongo: MongoConnection,
  writes: PlannedWrite[],
  session: ClientSession,
): Promise<void> {
  for (let at = 0; at < writes.length; at += WRITES_PER_COMMAND) {
    await writeSome(mongo, writes.slice(at, at + WRITES_PER_COMMAND), session);
  }
}

async function writeSome(
  mongo: MongoConnection,
  writes: PlannedWrite[],
  session: ClientSession,
): Promise<void> {
  const names = [...new Set(writes.map(({ to }) => to))];
  if (names.length > 1 && mongo.offers.bulkWrite) {
    return await bulkWrite(mongo, names, writes, session);
  }
  const [first, then] = [
    writes.filter(mustMatch),
    writes.filter((write) => !mustMatch(write)),
  ];
  for (const name of names) await changeIn(mongo, name, first, session);
  for (const name of names) {
    const operations = then.filter(({ to }) => to === name).map(operationOf);
    if (operations.length > 0) await mongo.db.collection(name).bulkWrite(operations, { session });
  }
}

async function changeIn(
  mongo: MongoConnection,
  name: string,
  writes: PlannedWrite[],
  session: ClientSession,
): Promise<void> {
  const operations = writes.filter(({ to }) => to === name).map(operationOf);
  if (operations.length === 0) return;
  const { matchedCount } = await mongo.db.collection(name).bulkWrite(operations, { session });
  if (matchedCount < operations.length) throw new NothingMatched(name);
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
    // The result of each write says whether it found its document.
    errorsOnly: !writes.some(mustMatch),
    ops: writes.map((write) => commandOf(write, indexOf.get(write.to)!)),
    nsInfo: names.map((name) => ({ ns: `${mongo.db.databaseName}.${name}` })),
  };
  const answer = await run(mongo, command, session);
  for (const { ok, idx, n, code, errmsg } of answer.cursor.firstBatch) {
    // Ordered: it stops at the first error.
    const write = writes[idx];
    if (ok !== 1) throw new RefusedWrite(code, errmsg, write);
    if (n === 0 && mustMatch(write)) throw new NothingMatched(write.to, write);
  }
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

function mustMatch(write: PlannedWrite): boolean {
  return "replacement" in write || ("mustMatch" in write && write.mustMatch === true);
}

function operationOf(write: PlannedWrite) {
  if ("insert" in write) return { insertOne: { document: write.insert } };
  if ("replacement" in write) {
    return { replaceOne: { filter: write.filter, replacement: write.replacement } };
  }
  const { filter, update, upsert = false } = write;
  return { updateOne: { filter, update, upsert } };
}

function commandOf(write: PlannedWrite, index: number): Document {
  if ("insert" in write) return { insert: index, document: write.insert };
  if ("replacement" in write) {
    return { update: index, filter: write.filter, updateMods: write.replacement, multi: false };
  }
  const { filter, update: updateMods, upsert = false } = write;
  return { update: index, filter, updateMods, multi: false, upsert };
}
