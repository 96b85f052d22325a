import type { CheckpointStep } from "./checkpoint_worker.ts";

/**
 * Size in bytes by which the log grows before it is copied: of pages that many commits touch, one
 * copy is made.
 */
const LOG_BYTES = 16 * 1024 ** 2;
/** Commits between two looks at the size of the log. */
const COMMITS_PER_LOOK = 16;
/** Milliseconds after which an idle worker is ended. */
const IDLE_MS = 10_000;

export interface CheckpointerOptions {
  path: string;
  logPath: string;
  /** Returns a number that changes when another connection has committed. */
  dataVersion: () => number;
  /** Holds writes back until `resume`; resolves once those before are on disk. */
  pause: () => Promise<void>;
  resume: () => void;
  /** Checkpoints in this thread, if there can be no worker. */
  checkpointHere: () => void;
  /** Runs once if no worker can be started. */
  onFailure: (error: unknown) => void;
}

/**
 * Copies the write-ahead log into the file and empties it, in a worker: both wait for the disk. The
 * worker has separate connections, is started when there is something to do, and ended when there
 * is nothing for a while.
 *
 * Most is copied while writes go on. They are held back only while the rest is copied and the log
 * is restarted.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #worker: CheckpointWorker | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #commits = 0;
  #hasCommitted = true;
  /** The data version after the last checkpoint. */
  #version = NaN;
  #maxBytes = LOG_BYTES;
  #hasNoWorker = false;
  #isClosed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Runs after each commit. */
  noteCommit(): void {
    this.#hasCommitted = true;
    if (++this.#commits % COMMITS_PER_LOOK !== 0) return;
    if (this.#logBytes() >= this.#maxBytes) this.run();
  }

  runIfChanged(): void {
    if (this.#hasCommitted || this.#options.dataVersion() !== this.#version) this.run();
  }

  /** Never rejects: a busy or full disk is reported by writes, and the next time may succeed. */
  run(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return this.#round ??= this.#run().finally(() => this.#round = undefined);
  }

  /** Finishes a checkpoint that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#round;
    this.#end();
    await this.#ending;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#idleTimer);
    this.#hasCommitted = false;
    if (this.#hasNoWorker) this.#options.checkpointHere();
    else await this.#checkpoint().catch((error) => this.#giveUp(error));
    // Another process that reads for long, such as a backup, keeps the log from being emptied.
    this.#maxBytes = this.#logBytes() + LOG_BYTES;
    this.#version = this.#options.dataVersion();
    this.#idleTimer = setTimeout(() => this.#end(), IDLE_MS);
    Deno.unrefTimer(this.#idleTimer);
  }

  async #checkpoint(): Promise<void> {
    const worker = this.#worker ??= new CheckpointWorker(this.#options.path);
    await worker.run("copy");
    try {
      await this.#options.pause();
      await worker.run("restart");
    } finally {
      this.#options.resume();
    }
  }

  #giveUp(error: unknown): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#hasNoWorker = true;
    this.#options.onFailure(error);
    this.#options.checkpointHere();
  }

  /** The next round starts another worker. */
  #end(): void {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    this.#ending = worker.run("end").catch(() => {}).finally(() => worker.terminate());
  }

  #logBytes(): number {
    try {
      return Deno.statSync(this.#options.logPath).size;
    } catch {
      return 0;
    }
  }
}

/** One step at a time. */
class CheckpointWorker {
  readonly #worker: Worker;
  #step: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(path: string) {
    const url = new URL("./checkpoint_worker.ts", import.meta.url);
    this.#worker = new Worker(url, { type: "module", name: path });
    this.#worker.onmessage = () => this.#step.resolve();
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#step.reject(event.error ?? new Error(event.message));
    };
  }

  /** Rejects if the worker cannot run. */
  run(step: CheckpointStep): Promise<void> {
    this.#step = Promise.withResolvers();
    this.#worker.postMessage(step);
    return this.#step.promise;
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
