import { delay } from "../core/delay.ts";
import { AppError, notFound } from "../core/errors.ts";
import { nextTurn } from "../core/next_turn.ts";
import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import type { Clock } from "../core/clock.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Message } from "../model/message.ts";
import type { WebhookDelivery } from "../model/webhook.ts";
import type { ChatChange } from "../store/chat_store.ts";
import { DuplicateKey, MediaGone, type Store, TooManyChats } from "../store/store.ts";
import { ChatDraft } from "./chat_draft.ts";
import type { ChatState } from "./chat_state.ts";
import { sendKey } from "./draft_sends.ts";
import type { CommitMetrics } from "./commit_metrics.ts";
import { ChatStateCache } from "./chat_state_cache.ts";

/**
 * Decides on one change: reads the draft, throws if the rules forbid the change, adds its steps,
 * and returns the result. It may run several times (when another instance committed first), so it
 * must have no other effect.
 */
export type Edit<T> = (draft: ChatDraft) => T | Promise<T>;

/** Called with every commit of this instance, in the order of each chat's revisions. */
export type CommitListener = (commit: ChatCommit) => void;

interface Job {
  edit: Edit<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  /** Runs within the span of the caller. */
  within: <T>(work: () => T) => T;
}

/** Result of a job in one attempt; only a commit makes it final. */
type Result = { job: Job; value: unknown } | { job: Job; error: unknown };

export interface ChatWriterOptions {
  /**
   * Waits between two commits to a chat, for writes that share the second one. By default it lets
   * the event loop read what has arrived meanwhile, and waits no longer.
   */
  gather?: () => Promise<void>;
  /** Called with the figures of each commit. */
  onCommitted?: (figures: CommitMetrics) => void;
  /** Maximum number of chats that a person may be a member of. */
  maxChats?: number;
  /**
   * Called when a commit against the head `after` failed in a way that leaves open whether it
   * happened.
   */
  onUncertain?: (chatId: string, after: number) => void;
  /**
   * Called when an edit found that an earlier try, here or on another instance, has stored its
   * message at `rev`: the instance that stored it may have been unable to announce it.
   */
  onRepeat?: (chatId: string, rev: number) => void;
  /** Returns the webhook deliveries to write in the transaction of a commit. */
  webhooksOf?: (commit: ChatCommit) => WebhookDelivery[];
  /** A commit is recorded as a span of the first of its callers. */
  tracing?: Tracing;
}

/** Facts learned from failed attempts at one commit. */
interface Learned {
  /** Sends that are stored already, by `sendKey`. */
  sent: Map<string, Message>;
  /** People who may join no further chat. */
  full: Set<string>;
}

/**
 * Enough for one commit per instance and try; beyond it the store is overloaded, and the caller
 * gets an error.
 */
const MAX_ATTEMPTS = 50;

/** Maximum number of edits in one commit. */
const MAX_BATCH = 256;

/**
 * Characters of the messages in one commit, past which the remaining edits go into the next one:
 * computing the search terms of hundreds of long messages takes seconds, and no database likes such
 * a transaction.
 */
const MAX_BATCH_CHARACTERS = 40_000;

/**
 * The only way in which a chat changes.
 *
 * Writes to one chat that arrive while a commit is under way are committed together: one change
 * set, k revisions. No timer delays a write: the busier the event loop is, the more arrives during
 * a commit and the turn after it, so batches grow with the load by themselves. Nothing is locked: a
 * change set is built against the head as it was read (or cached), and if another instance has
 * moved the head in the meantime, the edits run again on the new state.
 */
export class ChatWriter {
  /** Waiting writes of each chat that has a commit under way. */
  readonly #lanes = new Map<string, Job[]>();
  readonly #listeners: CommitListener[] = [];
  readonly #states: ChatStateCache;
  readonly #gather: () => Promise<void>;
  readonly #maxChats: number;
  readonly #onCommitted: (figures: CommitMetrics) => void;
  readonly #onUncertain: NonNullable<ChatWriterOptions["onUncertain"]>;
  readonly #tracing: Tracing;
  readonly #webhooksOf: NonNullable<ChatWriterOptions["webhooksOf"]>;
  readonly #onRepeat: NonNullable<ChatWriterOptions["onRepeat"]>;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    options: ChatWriterOptions = {},
  ) {
    this.#states = new ChatStateCache(store);
    this.#gather = options.gather ?? nextTurn;
    this.#onCommitted = options.onCommitted ?? (() => {});
    this.#maxChats = options.maxChats ?? Number.MAX_SAFE_INTEGER;
    this.#onUncertain = options.onUncertain ?? (() => {});
    this.#tracing = options.tracing ?? NO_TRACING;
    this.#webhooksOf = options.webhooksOf ?? (() => []);
    this.#onRepeat = options.onRepeat ?? (() => {});
  }

  /**
   * Listeners run in the order in which they were added, after the commit is durable; they must not
   * throw.
   */
  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves once the change is durable. Throws what `edit` throws, and `not_found` if the chat
   * does not exist.
   */
  write<T>(chatId: string, edit: Edit<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const within = this.#tracing.bind();
      const job = { edit, resolve: resolve as Job["resolve"], reject, within };
      const lane = this.#lanes.get(chatId);
      if (lane) lane.push(job);
      else this.#run(chatId, [job]);
    });
  }

  /**
   * Creates a chat that does not exist yet, from `state` (whose head is 0) and `edit`. Throws
   * `DuplicateKey("directKey")` when the pair has a chat already.
   */
  async create<T>(state: ChatState, edit: Edit<T>): Promise<T> {
    const learned: Learned = { sent: new Map(), full: new Set() };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const draft = this.#draft(state, learned);
      const result = await edit(draft);
      if (await this.#commit(draft, learned)) return result;
    }
    throw tooBusy();
  }

  /**
   * Another instance has moved the chat's head to `rev`: the next write reads what has changed,
   * instead of trying a commit against the old head.
   */
  headMoved(chatId: string, rev: number): void {
    this.#states.moved(chatId, rev);
  }

  /** Number of writes that wait for a commit of their chat to end. */
  get waiting(): number {
    return [...this.#lanes.values()].reduce((sum, jobs) => sum + jobs.length, 0);
  }

  /** Number of chats that have a commit under way: none of the others takes memory. */
  get busyChats(): number {
    return this.#lanes.size;
  }

  /** Resolves once no write is under way: for a drain. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await delay(1);
  }

  async #run(chatId: string, jobs: Job[]): Promise<void> {
    this.#lanes.set(chatId, jobs);
    while (jobs.length > 0) {
      await this.#runBatch(chatId, jobs.splice(0, MAX_BATCH));
      await this.#gather();
    }
    this.#lanes.delete(chatId);
  }

  async #runBatch(chatId: string, jobs: Job[]): Promise<void> {
    for (let rest = jobs; rest.length > 0;) {
      try {
        const batch = rest;
        rest = batch.slice(await batch[0].within(() => this.#commitJobs(chatId, batch)));
      } catch (error) {
        this.#states.forget(chatId);
        for (const job of rest) job.reject(error);
        return;
      }
    }
  }

  /**
   * Returns the number of jobs that were settled: all of them, unless their messages exceed
   * `MAX_BATCH_CHARACTERS`.
   */
  async #commitJobs(chatId: string, jobs: Job[]): Promise<number> {
    const learned: Learned = { sent: new Map(), full: new Set() };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 1) await delay(Math.random() * Math.min(2 ** attempt, 50));
      const { state, fresh } = await this.#states.get(chatId);
      if (!state) throw notFound("chat", chatId);
      const draft = this.#draft(state, learned);
      const results = await runEdits(draft, jobs);
      // A commit proves that the state was the newest. A draft without a commit, and errors, count
      // only on fresh state: the cached one may lack members who have joined or left since.
      const unproven = draft.length === 0 || results.some((result) => "error" in result);
      if (unproven && !fresh && await this.#isBehind(state)) continue;
      // A commit does not prove the read cursors either: they take no revision, and go out with
      // member rows.
      if (draft.changesMembers && !fresh) {
        this.#states.forget(chatId);
        continue;
      }
      if (!await this.#commit(draft, learned)) continue;
      this.#announceRepeats(draft, attempt > 0);
      return settle(results);
    }
    throw tooBusy();
  }

  /** Returns the parts of a draft for the store and for the listeners, with the same deliveries. */
  #written(draft: ChatDraft): { change: ChatChange; commit: ChatCommit } {
    const [change, commit] = [draft.toChange(), draft.toCommit()];
    const webhooks = this.#webhooksOf(commit);
    if (webhooks.length === 0) return { change, commit };
    return { change: { ...change, webhooks }, commit: { ...commit, webhooks } };
  }

  #draft(state: ChatState, { sent, full }: Learned): ChatDraft {
    const chatLimits = { maxChats: this.#maxChats, full };
    const options = { now: this.clock.now(), storedSends: sent, chatLimits };
    return new ChatDraft(state, this.store.messages, options);
  }

  /**
   * Reports the revision of an earlier try that was thought lost, which left this one nothing to
   * do.
   */
  #announceRepeats(draft: ChatDraft, isRetry: boolean): void {
    const { id, rev } = draft.chat;
    const announced = draft.length > 0 ? 0 : isRetry ? rev : draft.repeatedRev;
    if (announced > 0) this.#onRepeat(id, announced);
  }

  async #isBehind(state: ChatState): Promise<boolean> {
    const chat = await this.store.chats.byId(state.chat.id);
    if (chat?.rev === state.chat.rev) return false;
    this.#states.moved(state.chat.id);
    return true;
  }

  /** Returns false if the commit has to be tried again; adds what was learned to `learned`. */
  async #commit(draft: ChatDraft, learned: Learned): Promise<boolean> {
    if (draft.length === 0) return true;
    const chatId = draft.chat.id;
    const began = performance.now();
    const { change, commit } = this.#written(draft);
    try {
      const revisions = draft.length;
      const outcome = await this.#tracing.span(
        "commit",
        () => this.store.chats.commit(change),
        { attributes: { "realtimechat.revisions": revisions } },
      );
      if (outcome === "stale") {
        this.#states.moved(chatId);
        return false;
      }
    } catch (error) {
      // An upload was deleted in the meantime: the retry fails the edit that wanted to send it, and
      // no other.
      if (error instanceof MediaGone) return false;
      if (error instanceof TooManyChats) {
        for (const userId of error.userIds) learned.full.add(userId);
        return false;
      }
      if (!(error instanceof DuplicateKey)) this.#onUncertain(chatId, draft.base.chat.rev);
      if (!isStoredSend(error)) throw error;
      // Looking sends up only after one turns out to be a repeat keeps the usual send to one write.
      for (const message of await this.store.messages.bySendKeys(chatId, draft.sendKeys())) {
        learned.sent.set(sendKey(message.senderId, message.clientId), message);
      }
      return false;
    }
    this.#onCommitted({ revisions: draft.length, durationMs: performance.now() - began });
    this.#states.set(draft.toState());
    for (const listener of this.#listeners) listener(commit);
    return true;
  }
}

/**
 * A row of an earlier try violates both unique keys of messages, and a store reports one of them:
 * the id is the same when it was this instance's own try, whose outcome it could not learn.
 */
function isStoredSend(error: unknown): boolean {
  return error instanceof DuplicateKey && (error.key === "clientId" || error.key === "id");
}

function tooBusy(): AppError {
  const message = "Cannot write to the chat: too many concurrent writes, try again";
  return new AppError("unavailable", message, { retryAfter: 1 });
}

/** Runs the jobs until the commit is full, and returns the results of those that it takes. */
async function runEdits(draft: ChatDraft, jobs: Job[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const job of jobs) {
    const mark = draft.length;
    try {
      const value = job.edit(draft);
      results.push({ job, value: value instanceof Promise ? await value : value });
    } catch (error) {
      draft.truncate(mark);
      results.push({ job, error });
    }
    if (draft.characters >= MAX_BATCH_CHARACTERS) break;
  }
  return results;
}

function settle(results: Result[]): number {
  for (const result of results) {
    if ("error" in result) result.job.reject(result.error);
    else result.job.resolve(result.value);
  }
  return results.length;
}
