import type { Clock } from "../../core/clock.ts";
import { Gatherer } from "../../core/gatherer.ts";
import { nextTurn } from "../../core/next_turn.ts";
import { idsOf } from "../../core/ids.ts";
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
  store: Pick<Store, "outbox" | "chats" | "pushDevices">;
  resolver: RecipientResolver;
  dispatch: PushDispatch;
  withdrawals: Pick<Withdrawals, "apply">;
  clock: Clock;
  log: Log;
  /**
   * Milliseconds between reads of the outbox for entries left by other instances and for retries.
   */
  pollMs?: number;
  /**
   * Called by every poll with the milliseconds for which the oldest entry has been due; 0 if none
   * is.
   */
  onWaited?(ms: number): void;
}

/** Result of a round: ids of the entries that are done, and the retries that follow them. */
interface Settlement {
  done: string[];
  retries: OutboxEntry[];
}

/**
 * Lease on claimed entries in milliseconds, renewed by every poll but the first: most are done by
 * then, and the initial claim of a fresh entry lasts longer than two polls.
 */
const LEASE_MS = 30_000;
const POLL_MS = 2_000;
/** Debounce per chat in milliseconds: activity within this window is delivered together. */
const DEBOUNCE_MS = 250;
/**
 * Chats that become active within so many milliseconds are delivered together, but for the first.
 */
const GATHER_MS = 50;
/**
 * Maximum number of claimed entries, and of retries among them; the others stay in the store for a
 * later poll.
 */
const MAX_CLAIMED = 5_000;
const MAX_RETRIES = 1_000;
const POLL_LIMIT = 200;
const SETTLED_AT_ONCE = 200;
const CHATS_AT_ONCE = 32;
const RETRIES_AT_ONCE = 4;

/**
 * Processes the outbox. An entry written by this instance is claimed immediately; one left by an
 * instance that died becomes due some seconds later, and one instance claims it. An entry is
 * removed when everyone has been notified, so a crash in between notifies some users twice, and
 * misses no one.
 *
 * Retries have separate slots, so that they never delay new entries.
 */
export class PushWorker {
  readonly #claimed = new Set<string>();
  /** Entries that were claimed at the last poll. */
  #polled = new Set<string>();
  readonly #options: Required<PushWorkerOptions>;
  readonly #fresh: PushQueue;
  readonly #retries: PushQueue;
  /** Rounds of several chats that end together are written together. */
  readonly #settlements = new Gatherer<Settlement, void>(
    (rounds) => this.#settle(rounds),
    SETTLED_AT_ONCE,
    nextTurn,
  );
  #claimedRetries = 0;
  /** Since when the oldest entry was due as of `#observedAt`; null if none was. */
  #dueSince: number | null = null;
  #observedAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PushWorkerOptions) {
    this.#options = { pollMs: POLL_MS, onWaited() {}, ...options };
    this.#observedAt = options.clock.now();
    const run = (entries: OutboxEntry[]) => this.#process(entries);
    this.#fresh = new PushQueue({
      atOnce: CHATS_AT_ONCE,
      restMs: DEBOUNCE_MS,
      gatherMs: GATHER_MS,
      run,
    });
    this.#retries = new PushQueue({ atOnce: RETRIES_AT_ONCE, restMs: 0, run });
  }

  start(): void {
    this.#schedule();
  }

  /** Called by `ChatWriter`; never blocks. */
  committed({ outbox }: ChatCommit): void {
    if (outbox) this.take(outbox);
  }

  /** Processes an entry that was written or claimed by this instance. */
  take(entry: OutboxEntry): void {
    const isRetry = entry.deviceIds !== null;
    if (this.#closed || this.#claimed.size >= MAX_CLAIMED || this.#claimed.has(entry.id)) return;
    if (isRetry && this.#claimedRetries >= MAX_RETRIES) return;
    this.#claimed.add(entry.id);
    if (!isRetry) return this.#fresh.add(entry.chatId ?? entry.id, entry);
    this.#claimedRetries++;
    this.#retries.add(entry.id, entry);
  }

  /** Aborts pushes in flight: any running instance retries them. */
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

  /** Number of entries that are claimed by this instance and not done. */
  get claimed(): number {
    return this.#claimed.size;
  }

  /** Claims the due entries and processes them. */
  async poll(): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const until = clock.now() + LEASE_MS;
      await this.#extend(until);
      await this.#observeWait();
      if (this.#claimed.size >= MAX_CLAIMED) return;
      const claimed = await store.outbox.claim(clock.now(), until, POLL_LIMIT);
      for (const entry of claimed) this.take(entry);
    } catch (error) {
      log.warn("Outbox read failed", { error });
      this.#reportWait();
    }
  }

  async #extend(until: number): Promise<void> {
    const lasting = this.#claimed.intersection(this.#polled);
    this.#polled = new Set(this.#claimed);
    if (lasting.size > 0) await this.#options.store.outbox.extend([...lasting], until);
  }

  /** Runs after the leases were renewed, so that only unclaimed entries count as due. */
  async #observeWait(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    this.#dueSince = await store.outbox.firstDue(now);
    this.#observedAt = now;
    this.#reportWait();
  }

  /** Entries that cannot be read count as due since it was last read, so that an alert can tell. */
  #reportWait(): void {
    const { clock, onWaited } = this.#options;
    onWaited(clock.now() - (this.#dueSince ?? this.#observedAt));
  }

  async #process(entries: OutboxEntry[]): Promise<void> {
    const { log } = this.#options;
    try {
      const retries = await this.#retriesOf(entries);
      await this.#settlements.add({ done: idsOf(entries), retries });
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

  async #settle(rounds: Settlement[]): Promise<void[]> {
    const done = rounds.flatMap((round) => round.done);
    const retries = rounds.flatMap((round) => round.retries);
    await this.#options.store.outbox.settle(done, retries);
    return rounds.map(() => {});
  }

  /** Processes the fresh entries of one chat, or one retry, and returns the retries. */
  async #retriesOf(entries: OutboxEntry[]): Promise<OutboxEntry[]> {
    const { store, resolver, dispatch, withdrawals, clock } = this.#options;
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
    await withdrawals.apply(chatId, alive);
    // Spares the members of a chat in which there is no device to push to.
    if (alive.every(concernsDevicesOnly) && !await store.pushDevices.anyInChat(chatId)) return [];
    const candidates = await resolver.resolve(chatId, alive);
    return await dispatch.showChat(() => store.chats.byId(chatId), candidates);
  }
}

/** True for an entry of plain messages: no notification is stored for them. */
function concernsDevicesOnly({ occurrences }: OutboxEntry): boolean {
  return occurrences.every((event) =>
    event.type === "message" && event.mentions.length === 0 && event.replyTo === null
  );
}
