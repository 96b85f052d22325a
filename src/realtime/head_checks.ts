import type { Log } from "../core/log.ts";
import type { Hub } from "./hub.ts";

const INTERVAL_MS = 5_000;
/**
 * Chats compared by one check: with more open rooms, a round over all of them takes several checks.
 */
const CHATS_AT_ONCE = 500;

/**
 * Compares the open rooms with the heads in the Store every few seconds, a limited number at a
 * time. This delivers heads that were never announced (the writer died, or got an error for a
 * commit that happened).
 */
export class HeadChecks {
  #timer: ReturnType<typeof setInterval> | undefined;
  #checking: Promise<void> | null = null;

  constructor(
    private readonly hub: Pick<Hub, "compareHeads">,
    private readonly log: Log,
    private readonly intervalMs = INTERVAL_MS,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#checking ??= this.#check().finally(() => this.#checking = null);
    }, this.intervalMs);
    Deno.unrefTimer(this.#timer);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  /** Never throws: the next check makes up for a failed one. */
  async #check(): Promise<void> {
    try {
      await this.hub.compareHeads(CHATS_AT_ONCE);
    } catch (error) {
      this.log.debug("Head check failed: cannot compare rooms with the store", { error });
    }
  }
}
