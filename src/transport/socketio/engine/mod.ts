/**
 * Engine.IO for Deno: `Deno.serve` and `Deno.upgradeWebSocket` under the sessions of npm
 * `engine.io`, for npm `socket.io` or by itself. See README.md.
 */
export { DenoEngine } from "./deno_engine.ts";
export {
  type Admission,
  CLOSE_SERVICE_RESTART,
  CLOSE_SLOW_READER,
  CLOSE_TOO_BIG,
  type EngineOptions,
} from "./options.ts";
export type { CorsOptions } from "./cors.ts";
export { encodeEvent, writePreEncoded } from "./pre_encoded.ts";
