import type { ClientSession, MongoClient } from "mongodb";
import { delay } from "../../core/delay.ts";
import { settledWithin } from "../../core/settled_within.ts";
import { MAJORITY_WRITES } from "./durability.ts";
import { hasLabel, isUnreachable } from "./errors.ts";

export type Transact = <T>(work: (session: ClientSession) => Promise<T>) => Promise<T>;

/** Milliseconds after which a failure is reported rather than retried; callers are waiting. */
const RETRY_MS = 10_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

/**
 * Runs `work` in a transaction. It resolves only when a majority has the commit; if `work` throws,
 * nothing is written.
 *
 * Works like the driver's `withTransaction`, but with a limit of seconds instead of two minutes:
 * work that lost against another transaction, or its connection, is run again, and a commit whose
 * response was lost is sent again (the server recognizes it by its number). A commit that stays
 * without a response throws, and may have happened. Past the limit no caller waits for the end of a
 * failed transaction: a server that does not respond would hold them up twice more.
 */
export async function inTransaction<T>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<T>,
  retryMs = RETRY_MS,
): Promise<T> {
  const deadline = performance.now() + retryMs;
  // Each session has one transaction, so none has to see what an earlier one wrote.
  const session = client.startSession({ causalConsistency: false });
  try {
    for (let attempt = 0;; attempt++) {
      try {
        return await attemptOnce(session, work, deadline);
      } catch (error) {
        const late = performance.now() >= deadline;
        if (late || !hasLabel(error, "TransientTransactionError")) throw error;
        await pause(attempt);
      }
    }
  } finally {
    await settledWithin([session.endSession()], msUntil(deadline));
  }
}

async function attemptOnce<T>(
  session: ClientSession,
  work: (session: ClientSession) => Promise<T>,
  deadline: number,
): Promise<T> {
  session.startTransaction({ ...MAJORITY_WRITES, readPreference: "primary" });
  let result: T;
  try {
    result = await work(session);
  } catch (error) {
    await settledWithin([session.abortTransaction()], msUntil(deadline));
    throw error;
  }
  await commit(session, deadline);
  return result;
}

async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      const late = performance.now() >= deadline;
      if (late || !isOutcomeUnknown(error)) throw error;
      await pause(attempt);
    }
  }
}

function msUntil(deadline: number): number {
  return Math.max(0, deadline - performance.now());
}

/** The driver labels most of these, and not those of a connection that it had given up already. */
function isOutcomeUnknown(error: unknown): boolean {
  return hasLabel(error, "UnknownTransactionCommitResult") || isUnreachable(error);
}

/** Longer each time, and of random length, so that two that collided do not collide again. */
function pause(attempt: number): Promise<void> {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  return delay(longest * (0.5 + Math.random() / 2));
}
