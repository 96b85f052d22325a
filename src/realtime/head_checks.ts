import type { Log } from "../core/log.ts";
import type { Hub } from "./hub.ts";

const INTERVAL_MS = 5_000;
/** Chats of one check: with more open rooms, a round over all of them takes several. */
const CHATS_AT_ONCE = 500;

/**
 * Compares the open rooms with the heads in the Store now and then, some at a time. A head that nobody
 * announced (its writer died, or was told that its commit failed) reaches this instance's clients so.
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

  /** What fails is made up for by the next one. */
  async #check(): Promise<void> {
    try {
      await this.hub.compareHeads(CHATS_AT_ONCE);
    } catch (error) {
      this.log.debug("Comparing rooms with the Store failed", { error });
    }
  }
}
