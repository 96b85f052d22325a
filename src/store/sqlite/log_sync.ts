import { dirname } from "node:path";
import type { AppError } from "../../core/errors.ts";
import { unavailable } from "./sqlite_errors.ts";
import { SyncPace } from "./sync_pace.ts";

export interface LogSyncOptions {
  /** Path of the write-ahead log, which exists once the connection has read anything. */
  path: string;
  /** Returns a number that changes when another connection has committed; NaN if it is unknown. */
  dataVersion: () => number;
  /** Runs after each sync, and before the next begins. */
  onEnd: () => void;
  /** Runs once, at the first sync that fails. */
  onFailure: (cause: unknown) => void;
  pace?: SyncPace;
}

const FAILED = "The disk failed: the store cannot be used until the server is restarted";

type Sync = PromiseWithResolvers<void>;

/**
 * Brings SQLite's write-ahead log to disk from another thread, while the event loop goes on: SQLite
 * would stop it for every commit. One sync at a time; commits made meanwhile share the next.
 *
 * After a sync that failed nothing counts as durable again: the system reports a lost page once,
 * and the next sync would succeed without it. Only a new process, which verifies the whole log, may
 * go on.
 *
 * The file is opened a second time for it. Closing that loses none of SQLite's locks, which are on
 * the database and on its `-shm` file.
 */
export class LogSync {
  readonly #options: LogSyncOptions;
  #file: Deno.FsFile | undefined;
  #current: Sync | undefined;
  #next: Sync | undefined;
  /** The data version before the last sync that began: it covers all commits up to then. */
  #version = NaN;
  #failure: AppError | undefined;
  readonly #pace: SyncPace;

  constructor(options: LogSyncOptions) {
    this.#options = options;
    this.#pace = options.pace ?? new SyncPace();
  }

  get isUnderWay(): boolean {
    return this.#current !== undefined;
  }

  /** True if readers should not wait for syncs. */
  get isSlow(): boolean {
    return this.#pace.isSlow;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Throws `unavailable` if a sync has failed. */
  requireIntact(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * As `sync`, for a commit that no other work waits for: on a disk that has been quick it is
   * synced at once, in this thread, and returns undefined, since another thread takes longer to
   * begin.
   */
  syncAlone(): Promise<void> | undefined {
    const isIdle = this.#current === undefined && this.#next === undefined;
    if (!isIdle || !this.#pace.isQuick || this.#file === undefined) return this.sync();
    try {
      this.#syncNow(this.#file);
    } catch (error) {
      return Promise.reject(this.#fail(error));
    } finally {
      this.#options.onEnd();
    }
  }

  /** Resolves once everything committed before this call is on disk. */
  sync(): Promise<void> {
    const { promise } = this.#next ??= Promise.withResolvers();
    if (this.#current === undefined) this.#run();
    return promise;
  }

  /**
   * Resolves once everything that a reader has seen before this call is on disk, also what other
   * processes wrote; undefined if it is. `sync` must have been called after each own commit.
   */
  pending(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#next !== undefined) return this.#next.promise;
    if (this.#options.dataVersion() !== this.#version) return this.sync();
    return this.#current?.promise;
  }

  /**
   * True if no other process has committed since the last sync began, so that the syncs asked for
   * cover everything.
   */
  coversAll(): boolean {
    return this.#failure === undefined && this.#options.dataVersion() === this.#version;
  }

  /** Resolves once no sync is under way. */
  async idle(): Promise<void> {
    while (this.#current !== undefined) await this.#current.promise.catch(() => {});
  }

  /** Waits for the syncs that were asked for. */
  async close(): Promise<void> {
    await this.idle();
    this.#file?.close();
    this.#file = undefined;
  }

  async #run(): Promise<void> {
    for (let sync = this.#next; sync !== undefined; sync = this.#next) {
      this.#current = sync;
      this.#next = undefined;
      try {
        await this.#syncFile();
        sync.resolve();
      } catch (error) {
        sync.reject(this.#fail(error));
      }
      this.#options.onEnd();
    }
    this.#current = undefined;
  }

  async #syncFile(): Promise<void> {
    this.requireIntact();
    this.#version = this.#options.dataVersion();
    if (this.#file === undefined) await this.#open();
    const began = performance.now();
    await this.#file!.syncData();
    this.#pace.took(performance.now() - began);
  }

  #syncNow(file: Deno.FsFile): void {
    this.requireIntact();
    this.#version = this.#options.dataVersion();
    const began = performance.now();
    file.syncDataSync();
    this.#pace.took(performance.now() - began);
  }

  /** The folder too: the process that created the log may have ended before it synced its name. */
  async #open(): Promise<void> {
    this.#file = Deno.openSync(this.#options.path, { read: true, write: true });
    try {
      using folder = Deno.openSync(dirname(this.#options.path));
      await folder.sync();
    } catch {
      // Not every file system can do so, and Windows cannot: SQLite ignores that, too.
    }
  }

  #fail(cause: unknown): AppError {
    if (this.#failure !== undefined) return this.#failure;
    this.#options.onFailure(cause);
    return this.#failure = unavailable(FAILED, cause);
  }
}
