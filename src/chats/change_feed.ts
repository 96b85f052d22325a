import { notFound } from "../core/errors.ts";
import type { Store } from "../store/store.ts";
import type { Changes } from "../wire/changes.ts";

/**
 * Reads what changed in a chat after a revision: the one catch-up, which clients and this server's
 * own hub use alike.
 *
 * The head is read first and bounds the rest. A row that is touched while the reads are under way
 * has a revision past that head, so it is left for the next call, never missed.
 */
export class ChangeFeed {
  constructor(private readonly store: Store) {}

  /** At most `limit` rows; `rev` is how far they reach. An `after` past the head finds nothing. */
  async after(chatId: string, after: number, limit: number): Promise<Changes> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    const head = chat.rev;
    if (after >= head) {
      return { chatId, after, rev: head, messages: [], members: [], chat: null, more: false };
    }
    const [messages, members] = await Promise.all([
      this.store.messages.changed(chatId, after, head, limit),
      this.store.memberships.changed(chatId, after, head, limit),
    ]);
    const rev = reach(head, limit, [messages, members]);
    const touched = chat.detailsRev > after && chat.detailsRev <= rev;
    return {
      chatId,
      after,
      rev,
      messages: messages.filter((row) => row.rev <= rev),
      members: members.filter((row) => row.rev <= rev),
      chat: touched ? chat : null,
      more: rev < head,
    };
  }
}

/** How far the rows are whole: to the head, or to the `limit`-th of them in order of revision. */
function reach(head: number, limit: number, lists: { rev: number }[][]): number {
  const revs = lists.flat().map((row) => row.rev).sort((a, b) => a - b);
  return revs.length >= limit ? revs[limit - 1] : head;
}
