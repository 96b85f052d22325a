import type { Histogram, MetricsRegistry } from "../core/metrics.ts";
import type { Store } from "./store.ts";

type Method = (...args: unknown[]) => unknown;

/**
 * Wraps a store so that the duration of each call is observed, by the part of the store that was
 * called.
 */
export function measuredStore(store: Store, metrics: MetricsRegistry): Store {
  const seconds = metrics.histogram(
    "realtimechat_store_duration_seconds",
    "Duration of the store's calls, by kind of row",
  );
  return overlaid(store, (name, value) => {
    return typeof value === "object" && value !== null ? measuredPart(seconds, name, value) : value;
  });
}

function measuredPart(seconds: Histogram, store: string, part: object): object {
  const observe = (began: number) => seconds.observe((performance.now() - began) / 1000, { store });
  return overlaid(part, (_, value) => {
    return typeof value === "function" ? measuredMethod(value as Method, observe) : value;
  });
}

function measuredMethod(method: Method, observe: (began: number) => void): Method {
  return (...args) => {
    const began = performance.now();
    const done = () => observe(began);
    const result = method(...args);
    if (result instanceof Promise) result.then(done, done);
    else done();
    return result;
  };
}

/**
 * Returns the object with `change` applied to each property on first read; methods stay bound to
 * it.
 */
function overlaid<T extends object>(
  object: T,
  change: (name: string, value: unknown) => unknown,
): T {
  const changed = new Map<PropertyKey, unknown>();
  return new Proxy(object, {
    get(target, name) {
      if (changed.has(name)) return changed.get(name);
      const value: unknown = Reflect.get(target, name, target);
      const bound = typeof value === "function" ? value.bind(target) : value;
      const result = change(String(name), bound);
      changed.set(name, result);
      return result;
    },
  });
}
