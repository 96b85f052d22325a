import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { ChatCommit } from "../../model/chat_step.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { Store } from "../../store/store.ts";
import type { RecipientResolver } from "../recipient_resolver.ts";
import type { PushDispatch } from "./dispatch.ts";
import { PushQueue } from "./queue.ts";
import { GIVE_UP_MS } from "./retry_times.ts";
import type { Withdrawals } from "../withdrawals.ts";

export interface PushWorkerOptions {
  store: Pick<Store, "outbox" | "chats">;
  teller: RecipientResolver;
  dispatch: PushDispatch;
  withdrawals: Pick<Withdrawals, "apply">;
  clock: Clock;
  log: Log;
  /** How often the outbox is read for what other instances left, and for retries, in milliseconds. */
  pollMs?: number;
  /** Called by every poll: for how long the oldest entry is due, in milliseconds; 0 where none is. */
  onWaited?(ms: number): void;
}

/** Lease on claimed entries, renewed by every poll. */
const LEASE_MS = 30_000;
const POLL_MS = 2_000;
/** Debounce per chat: activity within this window is delivered together. */
const DEBOUNCE_MS = 250;
/** Claimed entries at most, and retries among them; the rest stays in the store for a later poll. */
const MAX_CLAIMED = 5_000;
const MAX_RETRIES = 1_000;
const POLL_LIMIT = 200;
const CHATS_AT_ONCE = 8;
const RETRIES_AT_ONCE = 4;

/**
 * Empties the outbox. An entry written here is claimed at once; one that another instance left, having
 * died, is due some seconds later, and claimed by one. It is removed when everyone has been notified, so a
 * crash in between notifies some people once more, and forgets nobody.
 *
 * Retries have places of their own: they never wait in series with what has just happened.
 */
export class PushWorker {
  readonly #claimed = new Set<string>();
  readonly #options: Required<PushWorkerOptions>;
  readonly #fresh: PushQueue;
  readonly #retries: PushQueue;
  #claimedRetries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PushWorkerOptions) {
    this.#options = { pollMs: POLL_MS, onWaited() {}, ...options };
    const run = (entries: OutboxEntry[]) => this.#process(entries);
    this.#fresh = new PushQueue({ atOnce: CHATS_AT_ONCE, restMs: DEBOUNCE_MS, run });
    this.#retries = new PushQueue({ atOnce: RETRIES_AT_ONCE, restMs: 0, run });
  }

  start(): void {
    this.#schedule();
  }

  /** For `ChatWriter`: never waits. */
  committed({ outbox }: ChatCommit): void {
    if (outbox) this.take(outbox);
  }

  /** An entry that was written here, and is claimed until it is due. */
  take(entry: OutboxEntry): void {
    const isRetry = entry.deviceIds !== null;
    if (this.#closed || this.#claimed.size >= MAX_CLAIMED || this.#claimed.has(entry.id)) return;
    if (isRetry && this.#claimedRetries >= MAX_RETRIES) return;
    this.#claimed.add(entry.id);
    if (!isRetry) return this.#fresh.take(entry.chatId ?? entry.id, entry);
    this.#claimedRetries++;
    this.#retries.take(entry.id, entry);
  }

  /** Aborts pushes that are under way: they are retried, by whichever instance is there. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#options.dispatch.stop();
    await this.#polling;
    await Promise.all([this.#fresh.close(), this.#retries.close()]);
    await this.#options.dispatch.idle();
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.poll().finally(() => this.#schedule());
    }, this.#options.pollMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Entries that are claimed here, and not done. */
  get claimed(): number {
    return this.#claimed.size;
  }

  /** Claims the entries that are due, and goes on to notify. */
  async poll(): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const until = clock.now() + LEASE_MS;
      if (this.#claimed.size > 0) await store.outbox.hold([...this.#claimed], until);
      await this.#observeWait();
      if (this.#claimed.size >= MAX_CLAIMED) return;
      const taken = await store.outbox.take(clock.now(), until, POLL_LIMIT);
      for (const entry of taken) this.take(entry);
    } catch (error) {
      log.warn("Outbox read failed", { error });
    }
  }

  /** After the leases were renewed, so that what is due is what nobody has claimed. */
  async #observeWait(): Promise<void> {
    const { store, clock, onWaited } = this.#options;
    const now = clock.now();
    onWaited(now - (await store.outbox.firstDue(now) ?? now));
  }

  async #process(entries: OutboxEntry[]): Promise<void> {
    const { store, log } = this.#options;
    try {
      const retries = await this.#retriesOf(entries);
      await store.outbox.settle(entries.map(({ id }) => id), retries);
    } catch (error) {
      // The entries are due again once their lease expires.
      log.warn("Push round failed; its entries are retried", { error });
    } finally {
      for (const { id, deviceIds } of entries) {
        this.#claimed.delete(id);
        if (deviceIds !== null) this.#claimedRetries--;
      }
    }
  }

  /** Fresh entries of one chat, or one retry. */
  async #retriesOf(entries: OutboxEntry[]): Promise<OutboxEntry[]> {
    const { store, teller, dispatch, withdrawals, clock } = this.#options;
    const alive = entries.filter(({ createdAt }) => createdAt + GIVE_UP_MS > clock.now());
    if (alive.length === 0) return [];
    const [{ chatId }] = alive;
    if (chatId === null) {
      const rounds = alive.flatMap((entry) => [
        dispatch.showNotification(entry),
        dispatch.withdraw(entry),
      ]);
      return (await Promise.all(rounds)).flat();
    }
    const chat = await store.chats.byId(chatId);
    if (!chat) return [];
    await withdrawals.apply(chatId, alive);
    return await dispatch.showChat(chat, await teller.tell(chat, alive));
  }
}
