import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { Signal } from "../broker.ts";
import { encodeSignal, GAP } from "./signal_codec.ts";

export interface SignalQueueOptions {
  /** Writes one batch; rejects only when there is no use in retrying. */
  write: (batch: Uint8Array) => Promise<void>;
  log: Log;
  /** Milliseconds between the starts of two batches; the first after a pause goes at once. */
  gatherMs: number;
  /** Bytes of a batch as long as there is little to send. */
  smallBytes: number;
  /** Bytes of a batch when much is waiting, and of the largest signal. */
  largeBytes: number;
  /**
   * Maximum number of waiting signals; past it they are dropped, and the next batch contains a gap.
   */
  maxWaiting?: number;
}

/** With more small batches than this waiting, fewer and larger ones are faster. */
const MANY_BATCHES = 10;

/**
 * Outgoing signals of this instance, gathered into batches while one is under way. Pointers to one
 * chat collapse to the highest.
 */
export class SignalQueue {
  #waiting: Signal[] = [];
  readonly #pointers = new Map<string, Signal & { type: "chat" }>();
  #running: Promise<void> | null = null;
  #lastStart = -Infinity;
  #dropped = false;
  #full = false;
  #hurry = false;
  readonly #maxWaiting: number;

  constructor(private readonly options: SignalQueueOptions) {
    this.#maxWaiting = options.maxWaiting ?? 20_000;
  }

  push(signal: Signal): void {
    if (signal.type === "chat") this.#pushPointer(signal);
    else this.#waiting.push(signal);
    if (this.#waiting.length > this.#maxWaiting) this.#drop();
    this.#running ??= this.#run();
  }

  /** Announces, before all waiting signals, that signals before them were dropped. */
  pushGap(): void {
    this.#dropped = true;
    this.#running ??= this.#run();
  }

  /** Resolves when the queue is empty; until then no batch waits for the interval. */
  async flush(): Promise<void> {
    this.#hurry = true;
    await this.#running;
    this.#hurry = false;
  }

  #pushPointer(signal: Signal & { type: "chat" }): void {
    const pending = this.#pointers.get(signal.chatId);
    if (!pending) {
      const pointer = { ...signal };
      this.#pointers.set(signal.chatId, pointer);
      this.#waiting.push(pointer);
      return;
    }
    pending.rev = Math.max(pending.rev, signal.rev);
    if (signal.membersAfter === undefined) return;
    pending.membersAfter = Math.min(pending.membersAfter ?? Infinity, signal.membersAfter);
  }

  #drop(): void {
    this.options.log.warn("Signals to other instances dropped: too many are waiting", {
      waiting: this.#waiting.length,
    });
    this.#waiting = [];
    this.#pointers.clear();
    this.#dropped = true;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 || this.#dropped) {
        await this.#gather();
        await this.options.write(this.#nextBatch());
      }
    } catch (error) {
      this.options.log.warn("Signals to other instances dropped: the broker is closed", { error });
      this.#waiting = [];
      this.#pointers.clear();
    } finally {
      this.#running = null;
    }
  }

  /** Signals that did not fit into the last batch go at once. */
  async #gather(): Promise<void> {
    const wait = this.#lastStart + this.options.gatherMs - performance.now();
    if (wait > 0 && !this.#hurry && !this.#full) await delay(wait);
    this.#lastStart = performance.now();
  }

  #nextBatch(): Uint8Array {
    const { smallBytes, largeBytes } = this.options;
    const many = this.#waiting.length * 20 > smallBytes * MANY_BATCHES;
    const maxBytes = many ? largeBytes : smallBytes;
    const parts: Uint8Array[] = this.#dropped ? [GAP] : [];
    this.#dropped = false;
    let length = parts.length;
    let taken = 0;
    for (; taken < this.#waiting.length; taken++) {
      const part = this.#encode(this.#waiting[taken]);
      if (length > 0 && length + part.length > maxBytes) break;
      length += part.length;
      parts.push(part);
    }
    this.#full = taken < this.#waiting.length;
    for (const signal of this.#waiting.splice(0, taken)) {
      if (signal.type === "chat") this.#pointers.delete(signal.chatId);
    }
    return concatenated(parts, length);
  }

  /** Splits a signal that is too large for any batch; drops one that cannot be split. */
  #encode(signal: Signal): Uint8Array {
    const bytes = encodeSignal(signal);
    if (bytes.length <= this.options.largeBytes) return bytes;
    const halves = split(signal);
    if (halves) this.#waiting.push(...halves);
    else this.options.log.warn("Signal dropped: it is too large to send", { type: signal.type });
    return new Uint8Array();
  }
}

function split(signal: Signal): Signal[] | null {
  const list = signal.type === "users"
    ? "userIds"
    : signal.type === "rooms"
    ? "chatIds"
    : signal.type === "sessions"
    ? "sessionIds"
    : null;
  const items = list && (signal as unknown as Record<string, string[]>)[list];
  if (!items || items.length < 2) return null;
  const half = items.length >> 1;
  return [items.slice(0, half), items.slice(half)].map((part) => ({ ...signal, [list]: part }));
}

function concatenated(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
