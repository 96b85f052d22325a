import type { Clock } from "../core/clock.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";
import type { Store } from "../store/store.ts";
import type { ChatTeller } from "./chat_teller.ts";
import type { PushDispatch } from "./push_dispatch.ts";
import { GIVE_UP_MS } from "./retry_times.ts";

export interface PushWorkerOptions {
  store: Pick<Store, "outbox" | "chats">;
  teller: ChatTeller;
  dispatch: PushDispatch;
  clock: Clock;
  log: Log;
  /** How often it is looked for what others left, and for what is to be tried again. */
  pollMs?: number;
}

/** Entries in hand are ours for so long; it is renewed at every poll. */
const HOLD_MS = 30_000;
const POLL_MS = 2_000;
/** A chat that was told of rests so long: what comes meanwhile goes together. */
const REST_MS = 250;
/** Past it, entries are left in the store for whoever polls. */
const MAX_WAITING = 5_000;
const TAKEN_AT_ONCE = 200;
const CHATS_AT_ONCE = 8;

/**
 * Empties the outbox. An entry written here is in hand at once; one that another instance left, having
 * died, is due some seconds later, and taken by one. It is removed when everyone has been told, so a
 * crash in between tells some people once more, and forgets nobody.
 */
export class PushWorker {
  /** By chat, or by entry for what belongs to none; who has waited longest comes first. */
  readonly #waiting = new Map<string, OutboxEntry[]>();
  readonly #running = new Set<string>();
  readonly #resting = new Set<string>();
  readonly #inHand = new Set<string>();
  readonly #options: Required<PushWorkerOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PushWorkerOptions) {
    this.#options = { pollMs: POLL_MS, ...options };
  }

  start(): void {
    this.#schedule();
  }

  /** For `ChatWriter`: never waits. */
  committed({ outbox }: ChatCommit): void {
    if (outbox) this.take(outbox);
  }

  /** An entry that was written here, and is in hand until it is due. */
  take(entry: OutboxEntry): void {
    if (this.#closed || this.#inHand.size >= MAX_WAITING || this.#inHand.has(entry.id)) return;
    this.#inHand.add(entry.id);
    const key = entry.chatId ?? entry.id;
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(entry);
    else this.#waiting.set(key, [entry]);
    this.#next();
  }

  /** Finishes what is under way; what waits stays in the store. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    while (this.#running.size + this.#resting.size > 0) await delay(5);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => this.#schedule());
    }, this.#options.pollMs);
    Deno.unrefTimer(this.#timer);
  }

  async #poll(): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const until = clock.now() + HOLD_MS;
      if (this.#inHand.size > 0) await store.outbox.hold([...this.#inHand], until);
      if (this.#inHand.size >= MAX_WAITING) return;
      const taken = await store.outbox.take(clock.now(), until, TAKEN_AT_ONCE);
      for (const entry of taken) this.take(entry);
    } catch (error) {
      log.warn("Looking into the outbox failed; it is tried again", { error });
    }
  }

  #next(): void {
    for (const key of this.#waiting.keys()) {
      if (this.#closed || this.#running.size >= CHATS_AT_ONCE) return;
      if (!this.#running.has(key) && !this.#resting.has(key)) this.#run(key);
    }
  }

  /** One round; a chat that is never quiet then queues up behind the others. */
  async #run(key: string): Promise<void> {
    const entries = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    this.#running.add(key);
    await this.#tell(entries);
    this.#running.delete(key);
    this.#resting.add(key);
    this.#next();
    await delay(REST_MS);
    this.#resting.delete(key);
    this.#next();
  }

  async #tell(entries: OutboxEntry[]): Promise<void> {
    const { store, log } = this.#options;
    try {
      const retries = await this.#retriesOf(entries);
      await store.outbox.settle(entries.map(({ id }) => id), retries);
    } catch (error) {
      // They are due again once nobody holds them.
      log.warn("Telling people of a chat failed; it is tried again", { error });
    } finally {
      for (const { id } of entries) this.#inHand.delete(id);
    }
  }

  async #retriesOf(entries: OutboxEntry[]): Promise<OutboxEntry[]> {
    const { store, teller, dispatch, clock } = this.#options;
    const alive = entries.filter(({ createdAt }) => createdAt + GIVE_UP_MS > clock.now());
    if (alive.length === 0) return [];
    const [{ chatId }] = alive;
    if (chatId === null) {
      return (await Promise.all(alive.map((entry) => dispatch.showNotification(entry)))).flat();
    }
    const chat = await store.chats.byId(chatId);
    if (!chat) return [];
    // What is tried again is for some devices only, and each on its own.
    const groups = [
      alive.filter(({ deviceIds }) => deviceIds === null),
      ...alive.filter(({ deviceIds }) => deviceIds !== null).map((entry) => [entry]),
    ].filter((group) => group.length > 0);
    const retries: OutboxEntry[] = [];
    for (const group of groups) {
      retries.push(...await dispatch.showChat(chat, await teller.tell(chat, group)));
    }
    return retries;
  }
}
