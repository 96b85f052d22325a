import type { Clock } from "../../src/core/clock.ts";

/** The real time plus an offset that a test sets, so that no test has to wait for an expiry. */
export class MovableClock implements Clock {
  /** Offset in milliseconds. */
  ahead = 0;

  now(): number {
    return Date.now() + this.ahead;
  }
}
