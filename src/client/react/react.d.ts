/**
 * The part of React 18 or 19 that the hooks use: React's own types would be a dependency of every
 * program.
 */

/** An element, as far as a component must return one. */
export interface ReactElement {
  // deno-lint-ignore no-explicit-any
  type: any;
  // deno-lint-ignore no-explicit-any
  props: any;
  key: string | null;
}

export interface Context<T> {
  Provider: (props: { value: T; children?: unknown }) => ReactElement | null;
}

export function createContext<T>(value: T): Context<T>;
export function createElement<P>(
  type: (props: P) => ReactElement | null,
  props: P,
): ReactElement;
export function useContext<T>(context: Context<T>): T;
export function useEffect(
  effect: () => (() => void) | undefined,
  dependencies: readonly unknown[],
): void;
export function useMemo<T>(make: () => T, dependencies: readonly unknown[]): T;
export function useState<T>(value: T): [T, (value: T) => void];
export function useSyncExternalStore<T>(
  subscribe: (listener: () => void) => () => void,
  getSnapshot: () => T,
  getServerSnapshot?: () => T,
): T;
