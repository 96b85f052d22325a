import type { CheckpointStep } from "./checkpoint_worker.ts";
import type { RestartMode } from "./log_restart.ts";
import type { LogSize } from "./log_size.ts";

/**
 * Size in bytes by which the log grows before it is copied: of pages that many commits touch, one
 * copy is made.
 */
const LOG_BYTES = 16 * 1024 ** 2;
/** Commits between two looks at the size of the log. */
const COMMITS_PER_LOOK = 16;
/** Maximum number of copies before writes are held. */
const MAX_COPIES = 4;
/** Milliseconds after which an idle worker is ended. */
const IDLE_MS = 10_000;

export interface CheckpointerOptions {
  path: string;
  size: Pick<LogSize, "bytes" | "isExact">;
  /** Returns a number that changes when another connection has committed. */
  dataVersion: () => number;
  /** Holds writes back until `resume`; resolves once those before are on disk. */
  pause: () => Promise<void>;
  resume: () => void;
  /** Checkpoints in this thread, if there can be no worker. */
  checkpointHere: (mode: RestartMode) => void;
  /** Runs once if no worker can be started. */
  onFailure: (error: unknown) => void;
}

/**
 * Copies the write-ahead log into the file and starts it again from its first page, in a worker:
 * both wait for the disk. The worker has separate connections, is started when there is something
 * to do, and ended when there is nothing for a while.
 *
 * A log that has grown is overwritten from its start, since a sync of a file that keeps its size
 * takes half of the time; `truncateIfChanged` empties it.
 *
 * Most is copied and synced while writes go on. They are held back only while the rest is copied
 * and the log is restarted.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #worker: CheckpointWorker | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #commits = 0;
  /** True if the log may hold commits that are older than the last time it was emptied. */
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
    const { size } = this.#options;
    if (size.bytes() >= this.#maxBytes) void this.#begin(size.isExact ? "RESTART" : "TRUNCATE");
  }

  /** Empties the log, unless nothing was committed since the last time. */
  truncateIfChanged(): void {
    if (this.#round !== undefined) return void this.#round.then(() => this.truncateIfChanged());
    if (this.#isClosed) return;
    if (!this.#hasCommitted && this.#options.dataVersion() === this.#version) return;
    this.#hasCommitted = false;
    void this.#begin("TRUNCATE");
  }

  /** Never rejects: a busy or full disk is reported by writes, and the next time may succeed. */
  #begin(mode: RestartMode): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return this.#round ??= this.#run(mode).finally(() => this.#round = undefined);
  }

  /** Finishes a checkpoint that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#round;
    this.#end();
    await this.#ending;
  }

  async #run(mode: RestartMode): Promise<void> {
    clearTimeout(this.#idleTimer);
    if (this.#hasNoWorker) this.#options.checkpointHere(mode);
    else await this.#checkpoint(mode).catch((error) => this.#giveUp(error, mode));
    // Another process that reads for long, such as a backup, keeps the log from starting again.
    this.#maxBytes = this.#options.size.bytes() + LOG_BYTES;
    this.#version = this.#options.dataVersion();
    this.#idleTimer = setTimeout(() => this.#end(), IDLE_MS);
    Deno.unrefTimer(this.#idleTimer);
  }

  async #checkpoint(mode: RestartMode): Promise<void> {
    const worker = this.#worker ??= new CheckpointWorker(this.#options.path);
    await this.#copy(worker);
    try {
      await this.#options.pause();
      await worker.run(mode);
    } finally {
      this.#options.resume();
    }
  }

  /**
   * SQLite syncs the file after a copy only if nothing was committed during it. The first copy is
   * too long for that; those after it have little to copy, so one of them soon syncs all. Otherwise
   * writes would be held while as much is synced as the log was long.
   */
  async #copy(worker: CheckpointWorker): Promise<void> {
    const { dataVersion } = this.#options;
    for (let copies = 0; copies < MAX_COPIES; copies++) {
      const [commits, version] = [this.#commits, dataVersion()];
      await worker.run("copy");
      if (this.#commits === commits && dataVersion() === version) return;
    }
  }

  #giveUp(error: unknown, mode: RestartMode): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#hasNoWorker = true;
    this.#options.onFailure(error);
    this.#options.checkpointHere(mode);
  }

  /** The next round starts another worker. */
  #end(): void {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    this.#ending = worker.run("end").catch(() => {}).finally(() => worker.terminate());
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
