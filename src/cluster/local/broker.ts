import type { Broker } from "../broker.ts";

/** For an instance that is alone: there is nobody to tell. */
export function localBroker(): Broker {
  return {
    start: () => Promise.resolve(),
    publish() {},
    flush: () => Promise.resolve(),
    operations: 0,
    fault: () => null,
    close: () => Promise.resolve(),
  };
}
