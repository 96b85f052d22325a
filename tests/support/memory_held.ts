import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * What is left after a collection, in bytes: how much garbage V8 lets pile up is its own affair. Of this
 * isolate only, since test files run as threads of one process.
 */
export function memoryHeld(): number {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
