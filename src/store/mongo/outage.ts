import { delay } from "../../core/delay.ts";
import { isServerMissing } from "./errors.ts";

/** Pause between two tries to reach a server that refuses at once. */
const RETRY_MS = 500;

/**
 * Knows whether the database is gone: a call has waited in vain for as long as an election may take. From
 * then on calls fail at once, instead of each waiting as long, until a ping of ours is answered.
 */
export class Outage {
  #isUnderWay = false;
  #isClosed = false;

  /** `ping` waits for a server, and rejects where there is none. */
  constructor(private readonly ping: () => Promise<void>) {}

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** To be called with what a call of the driver threw. */
  onError(error: unknown): void {
    if (this.#isUnderWay || this.#isClosed || !isServerMissing(error)) return;
    this.#isUnderWay = true;
    void this.#waitForServer();
  }

  /** To be called before the client closes, which ends a ping under way. */
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
