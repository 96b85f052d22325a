import process from "node:process";

const MIB = 1024 ** 2;

/** Documented size of an isolate there. */
const DENO_DEPLOY_BYTES = 512 * MIB;

/** The process itself, and the decoder with its threads before the first picture: measured as 270 MB. */
const BASE_BYTES = 192 * MIB;

const MIN_BYTES = 48 * MIB;

/** WebAssembly's own ceiling, less what the decoder needs beside the picture. */
const MAX_BYTES = 1_900 * MIB;

export interface MemorySource {
  /** Bytes, as configured. */
  memoryBytes: number | null;
  onDenoDeploy: boolean;
}

/** Bytes that this process may use: what is configured, the control group's limit, or the machine's memory. */
export function processMemoryBytes({ memoryBytes, onDenoDeploy }: MemorySource): number {
  if (memoryBytes !== null) return memoryBytes;
  const { total } = Deno.systemMemoryInfo();
  // Deno 2.5 does not know it. Without a limit it is a number near 2⁶³, or 0.
  const constrained = (process as { constrainedMemory?(): number }).constrainedMemory?.() ?? 0;
  const limits = [total, constrained, onDenoDeploy ? DENO_DEPLOY_BYTES : 0];
  return Math.min(...limits.filter((limit) => limit > 0));
}

/**
 * Bytes that decoding one picture may take: half of what is free beside the process itself, since
 * sockets, uploads and the garbage collector need memory at the same moment. `instances` in one process
 * (`deno serve --parallel`) have a decoder each.
 */
export function imageMemoryBytes(processBytes: number, instances = 1): number {
  const share = (processBytes - BASE_BYTES) / 2 / instances;
  return Math.floor(Math.min(MAX_BYTES, Math.max(MIN_BYTES, share)));
}
