import { notFound } from "../core/errors.ts";
import type { Store } from "../store/store.ts";
import { type Changes, noChanges } from "../wire/changes.ts";

/** Commits are large (they grow with the group), so fewer of them make a full answer. */
const COMMITS_AT_ONCE = 50;

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
    if (after >= head) return noChanges(chatId, after, head);
    const most = Math.min(limit, COMMITS_AT_ONCE);
    const [messages, members, commits] = await Promise.all([
      this.store.messages.changed(chatId, after, head, limit),
      this.store.memberships.changed(chatId, after, head, limit),
      chat.encrypted ? this.store.handshakes.changed(chatId, after, head, most) : [],
    ]);
    const commitsReach = commits.length < most ? head : commits[most - 1].rev;
    const rev = reach(commitsReach, limit, [messages, members, commits]);
    const touched = chat.detailsRev > after && chat.detailsRev <= rev;
    return {
      chatId,
      after,
      rev,
      messages: messages.filter((row) => row.rev <= rev),
      members: members.filter((row) => row.rev <= rev),
      commits: commits.filter((row) => row.rev <= rev),
      chat: touched ? chat : null,
      more: rev < head,
    };
  }
}

/** How far the rows are whole: to `most`, or to the `limit`-th of them in order of revision. */
function reach(most: number, limit: number, lists: { rev: number }[][]): number {
  const revs = lists.flat().map((row) => row.rev).sort((a, b) => a - b);
  return revs.length >= limit ? Math.min(most, revs[limit - 1]) : most;
}
