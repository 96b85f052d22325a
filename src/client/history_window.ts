import type { Call } from "./call.ts";
import { addRange, type LoadedRange, rangeAt } from "./history_ranges.ts";
import type { LocalChat, LocalMessage } from "./local_chat.ts";
import type { Model } from "./model.ts";
import { isSame, View } from "./view.ts";

/** Messages around a place in the history, as a screen shows them. */
export interface HistorySnapshot {
  /** In order, without gaps. */
  rows: readonly LocalMessage[];
  /** True if `loadOlder` would load more. */
  hasOlder: boolean;
  /** True if `loadNewer` would load more: there is a gap before the newest messages. */
  hasNewer: boolean;
}

export interface HistoryHost {
  readonly model: Model;
  call: Call;
  openChat(chatId: string): Promise<void>;
  /** Called with rows that were just loaded: shows what was decrypted before. */
  onLoaded(chatId: string): Promise<void>;
}

/**
 * The messages around one place of a chat's history, loaded without those in between. Once it
 * reaches the newest messages it becomes one with them, and shows unsent ones, too.
 *
 * ```ts ignore
 * const { items } = await client.call("message.search", { q: "hello", chatId });
 * const history = await client.around(chatId, items[0].seq);
 * const { rows } = history.view.getSnapshot();
 * assert.ok(rows.some(({ id }) => id === items[0].id));
 * history.close();
 * ```
 */
export class HistoryWindow {
  readonly view: View<HistorySnapshot>;
  readonly #stop: () => void;
  #rows: readonly LocalMessage[] = [];
  #loading: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(
    private readonly host: HistoryHost,
    readonly chatId: string,
    /** The place that it is around. */
    readonly seq: number,
  ) {
    this.view = new View(() => this.#snapshot());
    const { model } = host;
    const stops = (["chat", "chats"] as const).map((name) =>
      model.on(name, (event) => event.chatId === chatId && this.view.invalidate())
    );
    this.#stop = () => stops.forEach((stop) => stop());
  }

  /**
   * Loads half a page in both directions, unless the place is loaded.
   * @internal
   */
  async open(limit: number): Promise<void> {
    const { model } = this.host;
    if (!model.chat(this.chatId)) await this.host.openChat(this.chatId);
    const local = model.chat(this.chatId);
    if (!local || rangeAt(local, this.seq)) return;
    const half = Math.ceil(limit / 2);
    await this.#load({ before: this.seq + 1 }, half);
    await this.#load({ after: this.seq }, half);
  }

  /**
   * Loads messages older than the oldest of `view`; nothing if there are none.
   *
   * ```ts ignore
   * const history = await client.around(chatId, 1);
   * if (history.view.getSnapshot().hasOlder) await history.loadOlder();
   * ```
   */
  loadOlder(limit = 50): Promise<void> {
    return this.#next(async ({ from }) => {
      if (from > 0) await this.#load({ before: from }, limit);
    });
  }

  /**
   * Loads messages newer than the newest of `view`; nothing if there is no gap.
   *
   * ```ts ignore
   * const history = await client.around(chatId, 1);
   * while (history.view.getSnapshot().hasNewer) await history.loadNewer();
   * ```
   */
  loadNewer(limit = 50): Promise<void> {
    return this.#next(async ({ to }) => {
      if (to < Infinity) await this.#load({ after: to }, limit);
    });
  }

  /**
   * Stops following the chat.
   *
   * ```ts ignore
   * const history = await client.around(chatId, 1);
   * history.close();
   * ```
   */
  close(): void {
    this.#stop();
  }

  /** Requests come one after another, each from where the one before has got. */
  #next(action: (range: LoadedRange) => Promise<void>): Promise<void> {
    const run = this.#loading.then(async () => {
      const range = this.#range(this.#local);
      if (range) await action(range);
    });
    this.#loading = run.catch(() => {});
    return run;
  }

  async #load(page: { before: number } | { after: number }, limit: number): Promise<void> {
    const { model, call } = this.host;
    const { chatId } = this;
    const local = model.chat(chatId);
    const { items, next } = await call("message.list", { chatId, ...page, limit });
    // The chat may have started over meanwhile, or been left.
    if (!local || model.chat(chatId) !== local) return;
    model.putMessages(chatId, items);
    const seqs = items.map(({ seq }) => seq);
    const range = "before" in page
      ? { from: next === null ? 0 : Math.min(...seqs), to: page.before - 1 }
      : { from: page.after + 1, to: next === null ? Infinity : Math.max(...seqs) };
    addRange(local, range);
    // Also where only the cached order of the newest messages has changed.
    model.rowsChanged(chatId);
    await this.host.onLoaded(chatId);
  }

  get #local(): LocalChat | undefined {
    const { chats, left } = this.host.model;
    return chats.get(this.chatId) ?? left.get(this.chatId);
  }

  /** The newest messages, if the chat has started over since. */
  #range(local: LocalChat | undefined): LoadedRange | undefined {
    return local && (rangeAt(local, this.seq) ?? rangeAt(local, Infinity));
  }

  #snapshot(): HistorySnapshot {
    const { model } = this.host;
    const local = this.#local;
    const range = this.#range(local);
    if (!local || !range) return { rows: [], hasOlder: false, hasNewer: false };
    const rows = range.to === Infinity
      ? model.messagesOf(this.chatId)
      : this.#between(local, range);
    if (!isSame(rows, this.#rows)) this.#rows = rows;
    return { rows: this.#rows, hasOlder: range.from > 0, hasNewer: range.to < Infinity };
  }

  #between(local: LocalChat, { from, to }: LoadedRange): LocalMessage[] {
    return [...local.messages.values()].filter(({ seq }) => seq >= from && seq <= to)
      .sort((a, b) => a.seq - b.seq).map((message) => this.host.model.overlay.shown(message));
  }
}
