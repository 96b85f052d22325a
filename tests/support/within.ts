/**
 * Resolves as `promise` does, and rejects with the awaited condition when it has not settled in
 * time: a test that waits without a bound hangs instead of failing.
 */
export async function within<T>(what: string, promise: Promise<T>, ms = 60_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${ms} ms in vain until ${what}`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
