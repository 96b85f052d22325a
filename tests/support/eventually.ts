export interface EventuallyOptions {
  /** Milliseconds until it is given up; generous, since it is only waited for by a failing test. */
  within?: number;
  /** Milliseconds between two looks. */
  every?: number;
}

/**
 * Looks again and again until `look` gives something truthy, and returns that. A look that throws
 * counts as "not yet", so that assertions can be looked at too; the last one is the error's cause.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { within = 20_000, every = 20 }: EventuallyOptions = {},
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
