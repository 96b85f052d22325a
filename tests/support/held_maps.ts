/** An object, and what its collections hold. */
export interface WithHeldMaps<T> {
  made: T;
  /**
   * Returns the sizes of the maps and sets that were created with the object, but the empty ones.
   */
  held(): number[];
}

/**
 * Creates an object so that a test can look at what its private maps and sets hold after work.
 * Those that it creates later are not seen.
 */
export function withHeldMaps<T>(make: () => T): WithHeldMaps<T> {
  const { Map: PlainMap, Set: PlainSet } = globalThis;
  const created: { size: number }[] = [];
  const observed = <C extends MapConstructor | SetConstructor>(Plain: C): C =>
    new Proxy(Plain, {
      construct(target, args) {
        const collection = Reflect.construct(target, args);
        created.push(collection);
        return collection;
      },
    });
  Object.assign(globalThis, { Map: observed(PlainMap), Set: observed(PlainSet) });
  try {
    return { made: make(), held: () => created.map(({ size }) => size).filter((size) => size > 0) };
  } finally {
    Object.assign(globalThis, { Map: PlainMap, Set: PlainSet });
  }
}
