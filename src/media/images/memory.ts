import process from "node:process";

const MIB = 1024 ** 2;

/** Documented size of an isolate on Deno Deploy. */
const DENO_DEPLOY_BYTES = 512 * MIB;

/**
 * The process itself, and the decoder with its threads before the first image: measured as 270 MB.
 */
const BASE_BYTES = 192 * MIB;

const MIN_BYTES = 48 * MIB;

/** WebAssembly's own limit, minus what the decoder needs besides the image. */
const MAX_BYTES = 1_900 * MIB;

export interface MemorySource {
  /** Configured size in bytes. */
  memoryBytes: number | null;
  onDenoDeploy: boolean;
}

/**
 * Returns the bytes that this process may use: the configured value, the control group's limit, or
 * the machine's memory.
 */
export function processMemoryBytes({ memoryBytes, onDenoDeploy }: MemorySource): number {
  if (memoryBytes !== null) return memoryBytes;
  const { total } = Deno.systemMemoryInfo();
  // Deno 2.5 does not have this function. Without a limit it returns a number near 2⁶³, or 0.
  const constrained = (process as { constrainedMemory?(): number }).constrainedMemory?.() ?? 0;
  const limits = [total, constrained, onDenoDeploy ? DENO_DEPLOY_BYTES : 0];
  return Math.min(...limits.filter((limit) => limit > 0));
}

/**
 * Returns the bytes that decoding one image may take: half of the memory not used by the process
 * itself, because sockets, uploads and the garbage collector need memory at the same time. Each of
 * the `instances` in one process (`deno serve --parallel`) has its own decoder.
 */
export function imageMemoryBytes(processBytes: number, instances = 1): number {
  const share = (processBytes - BASE_BYTES) / 2 / instances;
  return Math.floor(Math.min(MAX_BYTES, Math.max(MIN_BYTES, share)));
}
