import type { Call } from "./call.ts";
import type { Output } from "./rest.ts";
import { View } from "./view.ts";

/** A request for consent that waits for the caller's answer. */
export type ContactRequest = Output<"request.list">["items"][number];

/** Maximum number of requests shown: the newest ones. */
const MAX_REQUESTS = 100;

/**
 * Invitations to groups, and users who wish to write; fetched while the view has a subscriber.
 *
 * ```ts ignore
 * const unsubscribe = client.requests.subscribe(() => {
 *   console.log(client.requests.getSnapshot().length, "requests");
 * });
 * unsubscribe();
 * ```
 */
export class ContactRequests extends View<readonly ContactRequest[]> {
  #items: readonly ContactRequest[] = [];

  /** @internal */
  constructor(private readonly call: Call, private readonly onFault: (error: unknown) => void) {
    super(() => this.#items, () => this.refresh());
  }

  /**
   * Accepts a request; the chat is then in the inbox.
   *
   * ```ts ignore
   * for (const { id } of client.requests.getSnapshot()) await client.requests.accept(id);
   * ```
   */
  async accept(requestId: string): Promise<void> {
    await this.call("request.accept", { requestId });
    this.#drop(requestId);
  }

  /**
   * Refuses a request; the chat stays out of the inbox.
   *
   * ```ts ignore
   * for (const { id } of client.requests.getSnapshot()) await client.requests.decline(id);
   * ```
   */
  async decline(requestId: string): Promise<void> {
    await this.call("request.decline", { requestId });
    this.#drop(requestId);
  }

  /** @internal */
  refresh(): void {
    if (this.isWatched) this.#load().catch(this.onFault);
  }

  async #load(): Promise<void> {
    const { items } = await this.call("request.list", { limit: MAX_REQUESTS });
    this.#put(items);
  }

  #drop(requestId: string): void {
    this.#put(this.#items.filter(({ id }) => id !== requestId));
  }

  #put(items: readonly ContactRequest[]): void {
    this.#items = items;
    this.invalidate();
  }
}
