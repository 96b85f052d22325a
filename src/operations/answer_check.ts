/**
 * Finds a field of an output that its schema does not list (`z.object` would accept it silently).
 * Returns null if there is none.
 */
export function describeUnlisted(given: unknown, listed: unknown, path = ""): string | null {
  if (Array.isArray(given) && Array.isArray(listed)) {
    return firstFault(given.keys(), (i) => describeUnlisted(given[i], listed[i], `${path}[${i}]`));
  }
  if (!isObject(given) || !isObject(listed)) return null;
  return firstFault(Object.keys(given), (key) => {
    if (given[key] === undefined) return null;
    if (!(key in listed)) return `${path}.${key} is not listed`;
    return describeUnlisted(given[key], listed[key], `${path}.${key}`);
  });
}

function firstFault<T>(items: Iterable<T>, check: (item: T) => string | null): string | null {
  for (const item of items) {
    const fault = check(item);
    if (fault !== null) return fault;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
