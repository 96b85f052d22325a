/**
 * As `promise`, but rejects with the signal's reason as soon as it aborts. What the promise stands for goes
 * on unless it heeds the signal too. Nothing is kept of it in the signal once it has settled.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
