import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { Signal } from "../broker.ts";
import { encodeSignal, GAP } from "./signal_codec.ts";

export interface SignalQueueOptions {
  /** Hands one batch over; rejects only when there is no use in going on. */
  write: (batch: Uint8Array) => Promise<void>;
  log: Log;
  /** Milliseconds between the beginnings of two batches; the first after a silence goes at once. */
  gatherMs: number;
  /** Bytes of a batch as long as there is little to send. */
  smallBytes: number;
  /** Bytes of a batch when much waits, and of the largest signal. */
  largeBytes: number;
  /** Signals that wait at most; past it they are dropped, and the next batch says so. */
  maxWaiting?: number;
}

/** More than so many small batches waiting: then fewer, large ones are faster. */
const MANY_BATCHES = 10;

/**
 * Signals on their way out of this instance, gathered into batches while one is under way. Pointers
 * to one chat collapse to the highest.
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

  /** Tells, before all that waits, that signals before it were dropped. */
  pushGap(): void {
    this.#dropped = true;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more; no batch waits for another one meanwhile. */
  async flush(): Promise<void> {
    this.#hurry = true;
    await this.#running;
    this.#hurry = false;
  }

  #pushPointer(signal: Signal & { type: "chat" }): void {
    const known = this.#pointers.get(signal.chatId);
    if (!known) {
      const pointer = { ...signal };
      this.#pointers.set(signal.chatId, pointer);
      this.#waiting.push(pointer);
      return;
    }
    known.rev = Math.max(known.rev, signal.rev);
    if (signal.membersAfter === undefined) return;
    known.membersAfter = Math.min(known.membersAfter ?? Infinity, signal.membersAfter);
  }

  #drop(): void {
    this.options.log.warn("Signals to other instances are dropped: too many wait", {
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
        await this.options.write(this.#take());
      }
    } catch (error) {
      this.options.log.warn("Signals to other instances are given up", { error });
      this.#waiting = [];
      this.#pointers.clear();
    } finally {
      this.#running = null;
    }
  }

  /** What did not fit into the last batch goes at once. */
  async #gather(): Promise<void> {
    const wait = this.#lastStart + this.options.gatherMs - performance.now();
    if (wait > 0 && !this.#hurry && !this.#full) await delay(wait);
    this.#lastStart = performance.now();
  }

  #take(): Uint8Array {
    const { smallBytes, largeBytes } = this.options;
    const many = this.#waiting.length * 20 > smallBytes * MANY_BATCHES;
    const most = many ? largeBytes : smallBytes;
    const parts: Uint8Array[] = this.#dropped ? [GAP] : [];
    this.#dropped = false;
    let length = parts.length;
    let taken = 0;
    for (; taken < this.#waiting.length; taken++) {
      const part = this.#encode(this.#waiting[taken]);
      if (length > 0 && length + part.length > most) break;
      length += part.length;
      parts.push(part);
    }
    this.#full = taken < this.#waiting.length;
    for (const signal of this.#waiting.splice(0, taken)) {
      if (signal.type === "chat") this.#pointers.delete(signal.chatId);
    }
    return concatenated(parts, length);
  }

  /** What is too large for any batch is told as two; what cannot be parted is left out. */
  #encode(signal: Signal): Uint8Array {
    const bytes = encodeSignal(signal);
    if (bytes.length <= this.options.largeBytes) return bytes;
    const halves = parted(signal);
    if (halves) this.#waiting.push(...halves);
    else this.options.log.warn("A signal is too large to be sent", { type: signal.type });
    return new Uint8Array();
  }
}

function parted(signal: Signal): Signal[] | null {
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
