/**
 * Settles as `promise` does, or rejects after `ms` milliseconds with the error of `onLate`. The
 * work behind the promise goes on; its late result is ignored.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  onLate: () => unknown = () => new Error(`no response within ${ms} ms`),
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(onLate()), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
