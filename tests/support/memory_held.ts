import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * Returns the bytes in use after a garbage collection: how much garbage V8 accumulates is up to V8.
 * Counts this isolate only, since test files run as threads of one process.
 */
export function memoryHeld(): number {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
