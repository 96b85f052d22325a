export interface EventuallyOptions {
  /** Timeout in milliseconds; generous, since only a failing test waits that long. */
  within?: number;
  /** Milliseconds between two tries. */
  every?: number;
}

/**
 * Calls `look` repeatedly until it returns something truthy, and returns that. A call that throws
 * counts as "not yet", so that it can contain assertions; the last failure is the error's cause.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { within = 60_000, every = 20 }: EventuallyOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  let cause: unknown;
  do {
    try {
      const seen = await look();
      if (seen) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  } while (performance.now() < deadline);
  throw new Error(`Waited ${within} ms in vain until ${what}`, { cause });
}
