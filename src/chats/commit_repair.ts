import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

/** Called for a head that no commit listener has been called for. Members may have changed since `after`. */
export type HeadListener = (chatId: string, rev: number, after: number) => void;

export interface CommitRepairOptions {
  store: Pick<Store, "chats">;
  onHead: HeadListener;
  log: Log;
  /** Pause before the first question, and after a failed one; it doubles up to `longestPauseMs`. */
  pauseMs?: number;
  longestPauseMs?: number;
  /** A commit that was not there may still be under way in the database: it is asked for once more. */
  recheckMs?: number;
}

const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const RECHECK_MS = 5_000;
const HEADS_AT_ONCE = 200;
/** Beyond this, chats are left to the regular comparison of heads (see head_checks.ts). */
const MAX_CHATS = 10_000;

interface Doubt {
  chatId: string;
  /** The head before the commit. */
  after: number;
  isRecheck: boolean;
}

/**
 * Finds out what became of commits whose answer was lost, and announces those that happened: nobody else
 * would, since their writer was told that they failed. Asks until the database answers.
 */
export class CommitRepair {
  /** The lowest head in doubt, by chat. */
  readonly #doubts = new Map<string, Doubt>();
  readonly #options: Required<CommitRepairOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<void> = Promise.resolve();
  #pauseMs: number;
  #closed = false;

  constructor(options: CommitRepairOptions) {
    this.#options = {
      pauseMs: PAUSE_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      recheckMs: RECHECK_MS,
      ...options,
    };
    this.#pauseMs = this.#options.pauseMs;
  }

  /** A commit against the head `after` has ended with an error that does not say whether it happened. */
  check(chatId: string, after: number): void {
    this.#add({ chatId, after, isRecheck: false });
    this.#schedule(this.#pauseMs);
  }

  /** What is still in doubt is found by the other instances' comparison of heads. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#asking;
  }

  #add(doubt: Doubt): void {
    const known = this.#doubts.get(doubt.chatId);
    if (!known && this.#doubts.size >= MAX_CHATS) return;
    const after = Math.min(doubt.after, known?.after ?? Infinity);
    this.#doubts.set(doubt.chatId, {
      ...doubt,
      after,
      isRecheck: doubt.isRecheck && known?.isRecheck !== false,
    });
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#asking = this.#round();
    }, ms);
    Deno.unrefTimer(this.#timer);
  }

  async #round(): Promise<void> {
    const { store, log, pauseMs, longestPauseMs, recheckMs } = this.#options;
    const doubts = [...this.#doubts.values()].slice(0, HEADS_AT_ONCE);
    try {
      const heads = await store.chats.byIds(doubts.map(({ chatId }) => chatId));
      this.#pauseMs = pauseMs;
      const revs = new Map(heads.map(({ id, rev }) => [id, rev]));
      for (const doubt of doubts) this.#resolve(doubt, revs.get(doubt.chatId) ?? 0);
    } catch (error) {
      log.warn("Reading the heads of chats with an uncertain commit failed", { error });
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    }
    const left = [...this.#doubts.values()];
    if (left.length === 0) return;
    this.#schedule(left.every(({ isRecheck }) => isRecheck) ? recheckMs : this.#pauseMs);
  }

  #resolve(doubt: Doubt, rev: number): void {
    // Another commit has come into doubt meanwhile: it is asked for by the next round.
    if (this.#doubts.get(doubt.chatId) !== doubt) return;
    this.#doubts.delete(doubt.chatId);
    if (rev > doubt.after) this.#options.onHead(doubt.chatId, rev, doubt.after);
    else if (!doubt.isRecheck) this.#add({ ...doubt, isRecheck: true });
  }
}
