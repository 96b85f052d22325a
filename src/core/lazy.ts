/**
 * Returns a function that calls `make` at its first call and returns that result from then on, so
 * that start-up does not pay for what may not be needed. If `make` throws, the next call tries
 * again.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
