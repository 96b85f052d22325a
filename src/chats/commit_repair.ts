import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

/**
 * Called for a head that no commit listener was called for. Members may have changed since `after`.
 */
export type HeadListener = (chatId: string, rev: number, after: number) => void;

export interface CommitRepairOptions {
  store: Pick<Store, "chats">;
  onHead: HeadListener;
  log: Log;
  /** Milliseconds before the first query, and after a failed one; doubles up to `maxPauseMs`. */
  pauseMs?: number;
  maxPauseMs?: number;
  /**
   * Milliseconds before the second query: a commit that was not found may still be under way in the
   * database.
   */
  recheckMs?: number;
}

const PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
const RECHECK_MS = 5_000;
const HEADS_AT_ONCE = 200;
/** Beyond this, chats are left to the regular comparison of heads (see head_checks.ts). */
const MAX_CHATS = 10_000;

interface UncertainCommit {
  chatId: string;
  /** The head before the commit. */
  after: number;
  isRecheck: boolean;
}

/**
 * Finds out whether commits whose result was lost have happened, and announces those that have: no
 * one else would, since their writer got an error. Retries until the database responds.
 */
export class CommitRepair {
  /** The lowest uncertain head of each chat. */
  readonly #uncertain = new Map<string, UncertainCommit>();
  readonly #options: Required<CommitRepairOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #pauseMs: number;
  #closed = false;

  constructor(options: CommitRepairOptions) {
    this.#options = {
      pauseMs: PAUSE_MS,
      maxPauseMs: MAX_PAUSE_MS,
      recheckMs: RECHECK_MS,
      ...options,
    };
    this.#pauseMs = this.#options.pauseMs;
  }

  /**
   * Registers a commit against the head `after` that ended with an error that leaves open whether
   * it happened.
   */
  check(chatId: string, after: number): void {
    this.#add({ chatId, after, isRecheck: false });
    this.#schedule(this.#pauseMs);
  }

  /** Commits that are still uncertain are found by the other instances' comparison of heads. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #add(commit: UncertainCommit): void {
    const earlier = this.#uncertain.get(commit.chatId);
    if (!earlier && this.#uncertain.size >= MAX_CHATS) return;
    const after = Math.min(commit.after, earlier?.after ?? Infinity);
    this.#uncertain.set(commit.chatId, {
      ...commit,
      after,
      isRecheck: commit.isRecheck && earlier?.isRecheck !== false,
    });
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#round();
    }, ms);
    Deno.unrefTimer(this.#timer);
  }

  async #round(): Promise<void> {
    const { store, log, pauseMs, maxPauseMs, recheckMs } = this.#options;
    const commits = [...this.#uncertain.values()].slice(0, HEADS_AT_ONCE);
    try {
      const heads = await store.chats.byIds(commits.map(({ chatId }) => chatId));
      this.#pauseMs = pauseMs;
      const revs = new Map(heads.map(({ id, rev }) => [id, rev]));
      for (const commit of commits) this.#resolve(commit, revs.get(commit.chatId) ?? 0);
    } catch (error) {
      log.warn("Commit repair failed: cannot read the heads of chats", { error });
      this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
    }
    const left = [...this.#uncertain.values()];
    if (left.length === 0) return;
    this.#schedule(left.every(({ isRecheck }) => isRecheck) ? recheckMs : this.#pauseMs);
  }

  #resolve(commit: UncertainCommit, rev: number): void {
    // Another commit became uncertain in the meantime: the next round queries it.
    if (this.#uncertain.get(commit.chatId) !== commit) return;
    this.#uncertain.delete(commit.chatId);
    if (rev > commit.after) this.#options.onHead(commit.chatId, rev, commit.after);
    else if (!commit.isRecheck) this.#add({ ...commit, isRecheck: true });
  }
}
