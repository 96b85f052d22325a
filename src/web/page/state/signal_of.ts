import { type ReadonlySignal, signal } from "@preact/signals";
import type { Observable } from "../../../client/mod.ts";

const known = new WeakMap<Observable<unknown>, ReadonlySignal<unknown>>();

/**
 * Returns a view of the client library as a signal: one for each view. The view is subscribed to
 * while a component or a computed signal reads it; read at other times, by `peek`, it may be out of
 * date.
 */
export function signalOf<T>(view: Observable<T>): ReadonlySignal<T> {
  const found = known.get(view);
  if (found) return found as ReadonlySignal<T>;
  let stop = () => {};
  const made = signal(view.getSnapshot(), {
    watched() {
      stop = view.subscribe(() => made.value = view.getSnapshot());
      made.value = view.getSnapshot();
    },
    unwatched: () => stop(),
  });
  known.set(view, made);
  return made;
}
