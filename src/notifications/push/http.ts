import type { PushResult } from "./sender.ts";

export function retry(reason: string, afterMs?: number): PushResult {
  return { outcome: "retry", reason, ...(afterMs !== undefined && { afterMs }) };
}

/** Every network fault is worth a retry. The circuit breaker counts those with `unreachable`. */
export function retryAfterFault(service: string, error: unknown): PushResult {
  const fault = error instanceof Error ? error.name : "unknown fault";
  const reason = `${service} could not be reached: ${fault}`;
  return { outcome: "retry", reason, unreachable: true };
}
