import type { DeliveryChange, WebhookDeliveryStore } from "../store/webhook_store.ts";

/** Milliseconds for which results are gathered. */
const GATHER_MS = 100;
const MAX_GATHERED = 100;

/**
 * Writes the results of attempts, many in one transaction. A result that is lost in a crash means
 * that its delivery is sent once more.
 */
export class Settlements {
  #changes: DeliveryChange[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly deliveries: Pick<WebhookDeliveryStore, "settle">) {}

  add(changes: readonly DeliveryChange[]): void {
    this.#changes.push(...changes);
    if (this.#changes.length >= MAX_GATHERED) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), GATHER_MS);
  }

  /**
   * Resolves once everything added so far is written; throws what a write threw since the last
   * call.
   */
  async flush(): Promise<void> {
    this.#write();
    const written = this.#writing;
    this.#writing = Promise.resolve();
    await written;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#changes.length === 0) return;
    const changes = this.#changes;
    this.#changes = [];
    const before = this.#writing;
    this.#writing = this.deliveries.settle(changes).then(() => before);
    // `flush` reports it.
    this.#writing.catch(() => {});
  }
}
