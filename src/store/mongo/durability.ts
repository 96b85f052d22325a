/**
 * The meaning of "durable" on a replica set: in the journals of a majority, and read only once it
 * is; so neither an acknowledged write nor anything that was ever read can be undone by a failover.
 * The time limit is for a set that has lost its majority: a write then fails as `unavailable`
 * instead of waiting forever.
 *
 * The level of reads belongs to the database handle and not to the client, because transactions
 * would inherit it there: they gain nothing by it. Everything that a transaction read precedes its
 * commit, and once a majority has the commit, it has that too; one that does not commit has no
 * guarantee at either level.
 */
export const MAJORITY_WRITES = {
  writeConcern: { w: "majority", journal: true, wtimeoutMS: 10_000 },
} as const;

export const READ_LEVEL = "majority";
