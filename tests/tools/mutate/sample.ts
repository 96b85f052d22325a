/**
 * Returns `count` of the items, drawn at random, at most one of each key. The same seed draws the
 * same ones from the same items (mulberry32), so that a run can be repeated.
 */
export function sample<T>(
  items: readonly T[],
  options: { count: number; seed: number; keyOf: (item: T) => string },
): T[] {
  const random = randomOf(options.seed);
  const drawn = items.map((item) => ({ item, rank: random() })).sort((a, b) => a.rank - b.rank);
  const chosen = new Map<string, T>();
  for (const { item } of drawn) {
    if (chosen.size === options.count) break;
    const key = options.keyOf(item);
    if (!chosen.has(key)) chosen.set(key, item);
  }
  return [...chosen.values()];
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
