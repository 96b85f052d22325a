import { sharedTurns } from "./turns.ts";

/** Milliseconds that a long computation may keep the event loop before others have their turn. */
const SLICE_MS = 10;

/** Lets others have their turn if the slice is over; awaited between the steps of a long computation. */
export type Pause = () => Promise<void> | void;

/**
 * A pause for one computation. `await` alone is no turn for others: promises that are settled already
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
