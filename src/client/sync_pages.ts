import type { ChangesView } from "../api/views/changes.ts";
import type { Call } from "./call.ts";
import type { Model } from "./model.ts";
import type { Output } from "./rest.ts";

/** A page of the server's sync: `next` is the chat after which the next page starts. */
export type SyncPageView = Pick<Output<"sync">, "items" | "next">;

type Cursors = Record<string, number>;

/** Chats named in one request: 45 KB of cursors. */
const CHATS_AT_ONCE = 1_000;

/**
 * Catches up on any number of chats in responses of bounded size: first page by page over all chats
 * in order of their ids, which also finds new and left ones, and then on those that had more than
 * fitted. Every response moves cursors, so an interrupted run continues from there.
 */
export class SyncPages {
  constructor(
    private readonly model: Model,
    private readonly call: Call,
    /**
     * Applies rows that follow on the given cursors; those of a chat without a cursor start at its
     * beginning.
     */
    private readonly take: (items: ChangesView[], after: Cursors) => Promise<void>,
  ) {}

  /** `first` is the response for all cursors, from the first chat on; null if there is none. */
  async run(first: SyncPageView | null): Promise<void> {
    const unfinished = new Set<string>();
    const takePage = async ({ items }: SyncPageView, after: Cursors) => {
      await this.take(items, after);
      for (const { chatId, more } of items) if (more) unfinished.add(chatId);
    };
    if (first) await takePage(first, this.#cursorsOf(this.#ids()));
    if (first?.next !== null) await this.#allPages(first?.next, takePage);
    await this.#finish(unfinished);
  }

  async #allPages(
    from: string | undefined,
    takePage: (page: SyncPageView, after: Cursors) => Promise<void>,
  ): Promise<void> {
    for (let isLast = false; !isLast;) {
      const ids = this.#ids(from);
      const named = ids.slice(0, CHATS_AT_ONCE);
      const to = named.length < ids.length ? named.at(-1) : undefined;
      const cursors = this.#cursorsOf(named);
      const page = await this.call("sync", { cursors, from, to, changedOnly: true });
      await takePage(page, cursors);
      from = page.next ?? to;
      isLast = from === undefined;
    }
  }

  /** Asks again for chats that had more, as long as one of them makes progress. */
  async #finish(unfinished: Set<string>): Promise<void> {
    while (unfinished.size > 0) {
      const named = [...unfinished].slice(0, CHATS_AT_ONCE);
      const cursors = this.#cursorsOf(named);
      const query = { cursors, namedOnly: true, changedOnly: true };
      const { items } = await this.call("sync", query);
      await this.take(items, cursors);
      const behind = new Set(items.filter(({ more }) => more).map(({ chatId }) => chatId));
      for (const chatId of named) if (!behind.has(chatId)) unfinished.delete(chatId);
      const hasMoved = items.some(({ chatId, rev }) => rev > cursors[chatId]);
      if (!hasMoved && behind.size > 0) return;
    }
  }

  #ids(from = ""): string[] {
    return [...this.model.chats.keys()].filter((id) => id > from).sort();
  }

  #cursorsOf(ids: string[]): Cursors {
    const known = ids.filter((id) => this.model.chat(id));
    return Object.fromEntries(known.map((id) => [id, this.model.chat(id)!.cursor]));
  }
}
