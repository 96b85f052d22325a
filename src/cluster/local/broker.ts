import type { Broker } from "../broker.ts";

/** Broker of a single instance: there are no others to send signals to. */
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
