/**
 * Settles as `promise` does, but rejects with the signal's reason as soon as it aborts. The work
 * behind the promise goes on unless it observes the signal too. The listener is removed once the
 * promise has settled.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
