import type { Clock } from "../../src/core/clock.ts";

/** The real time, and as much later as a test wants: nobody has to wait for what runs out. */
export class MovableClock implements Clock {
  /** Milliseconds. */
  ahead = 0;

  now(): number {
    return Date.now() + this.ahead;
  }
}
