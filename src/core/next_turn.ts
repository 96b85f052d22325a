import { setImmediate } from "node:timers";

/**
 * Resolves after what has arrived at the event loop has been read, so that it is gathered without a
 * timer. Long work belongs to `Turns` instead.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
