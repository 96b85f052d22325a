import type { ChatCommit } from "../../model/chat_step.ts";

/** Signals of an instance under a number, and the rows of commits that they point to. */
export interface ThreadBatch {
  n: number;
  signals: Uint8Array;
  commits: ChatCommit[];
}

/** A message on the channel. */
type Notice =
  /** The instance listens; `asks` for the others to say so as well. */
  | { from: string; asks: boolean }
  | { from: string; batch: ThreadBatch };

type OnBatch = (from: string, batch: ThreadBatch) => void;

/**
 * Carries batches between the instances that are threads of one process, without a write to a
 * service. They find each other on it. It may lose batches of an instance that sends many at once;
 * their numbers tell.
 */
export class ThreadChannel {
  readonly #channel: BroadcastChannel;
  readonly #others = new Set<string>();
  #onBatch: OnBatch = () => {};

  constructor(name: string, private readonly id: string) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Notice>) => this.#receive(data);
  }

  /** Tells the other threads that this one listens. */
  start(onBatch: OnBatch): void {
    this.#onBatch = onBatch;
    this.#post({ from: this.id, asks: true });
  }

  /** True for an instance that is known to listen. */
  has(id: string): boolean {
    return this.#others.has(id);
  }

  send(batch: ThreadBatch): void {
    this.#post({ from: this.id, batch });
  }

  forget(id: string): void {
    this.#others.delete(id);
  }

  /** An open channel would keep the process alive. */
  close(): void {
    this.#channel.close();
  }

  #receive(notice: Notice): void {
    this.#others.add(notice.from);
    if ("batch" in notice) this.#onBatch(notice.from, notice.batch);
    else if (notice.asks) this.#post({ from: this.id, asks: false });
  }

  #post(notice: Notice): void {
    this.#channel.postMessage(notice);
  }
}
