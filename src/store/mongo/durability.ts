/**
 * The meaning of "durable" on a replica set: in the journals of a majority, and read only once it
 * is; so neither an acknowledged write nor anything that was ever read can be undone by a failover.
 * The time limit is for a set that has lost its majority: a write then fails as `unavailable`
 * instead of waiting forever.
 */
export const MAJORITY = {
  readConcern: { level: "majority" },
  writeConcern: { w: "majority", journal: true, wtimeoutMS: 10_000 },
} as const;
