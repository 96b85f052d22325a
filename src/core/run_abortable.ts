import { untilAborted } from "./until_aborted.ts";

/**
 * Runs `work` with a signal that aborts after `timeoutMs` milliseconds, or when `signal` does.
 * Cheaper than `AbortSignal.any` with `AbortSignal.timeout`, whose timer outlives what it was made
 * for. Rejects with the reason of an abort, even if the work goes on.
 */
export async function runAbortable<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const forward = () => stop.abort(signal!.reason);
  const timer = setTimeout(() => stop.abort(timeout()), timeoutMs);
  if (signal?.aborted) forward();
  signal?.addEventListener("abort", forward, { once: true });
  try {
    return await untilAborted(work(stop.signal), stop.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", forward);
  }
}

function timeout(): DOMException {
  return new DOMException("The request timed out", "TimeoutError");
}
