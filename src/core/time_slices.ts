import { sharedTurns } from "./turns.ts";

/** Milliseconds that a long computation may hold the event loop before it yields. */
const SLICE_MS = 10;

/** Yields if the slice is over; awaited between the steps of a long computation. */
export type Pause = () => Promise<void> | void;

/**
 * Returns the pause for one computation. `await` alone does not yield: promises that are settled already
 * go on before timers and sockets, so a loop of quick awaits holds the event loop like a plain one.
 */
export function timeSlices(sliceMs = SLICE_MS): Pause {
  let end = performance.now() + sliceMs;
  const next = async () => {
    await sharedTurns.next();
    end = performance.now() + sliceMs;
  };
  return () => performance.now() < end ? undefined : next();
}
