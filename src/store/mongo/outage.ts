import { delay } from "../../core/delay.ts";
import { isServerMissing } from "./errors.ts";

/** Milliseconds between two attempts to reach a server that refuses connections. */
const RETRY_MS = 500;

/**
 * Tracks an outage of the database. It begins when a call has found no server for as long as an
 * election may take. Until a ping succeeds, calls fail at once instead of each waiting as long.
 */
export class Outage {
  #isUnderWay = false;
  #isClosed = false;

  /** `ping` waits for a server, and rejects if there is none. */
  constructor(private readonly ping: () => Promise<void>) {}

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Call it with every error of the driver. */
  onError(error: unknown): void {
    if (this.#isUnderWay || this.#isClosed || !isServerMissing(error)) return;
    this.#isUnderWay = true;
    void this.#waitForServer();
  }

  /** Call it before the client closes, which ends a pending ping. */
  close(): void {
    this.#isClosed = true;
  }

  async #waitForServer(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.ping();
        this.#isUnderWay = false;
        return;
      } catch {
        if (!this.#isClosed) await delay(RETRY_MS);
      }
    }
  }
}
