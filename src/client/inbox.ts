import type { MemberView } from "../api/views/member.ts";
import type { Drafts } from "./drafts.ts";
import type { LocalChat, LocalMessage, Presence } from "./local_chat.ts";
import type { Model } from "./model.ts";
import type { People } from "./people.ts";
import { unreadOf } from "./unread.ts";
import { isSame, View } from "./view.ts";

/** A chat as a list of chats shows it. The object stays the same until the chat changes. */
export interface InboxRow {
  chatId: string;
  kind: "direct" | "group";
  /** The group's name, or the other user's; empty until it is known. */
  title: string;
  /** The group's picture, or the other user's. */
  avatarMediaId: string | null;
  /** The other user of a direct chat. */
  peerId: string | null;
  /** Presence of the other user; null until it is known, and for a group. */
  presence: Presence | null;
  encrypted: boolean;
  memberCount: number;
  /** The caller's own role. */
  role: MemberView["role"];
  /** The newest message to show, including an unsent one. */
  lastMessage: LocalMessage | null;
  /** The rows are sorted by it. */
  lastActivityAt: string;
  /** Unread messages of others; counted up to 1,000. */
  unread: number;
  /** Number of unread messages that mention the caller. */
  mentions: number;
  muted: boolean;
  /** The users who are typing now, except the caller. */
  typing: readonly string[];
  /** The text of the unsent draft. */
  draft: string;
}

export interface InboxHost {
  userId(): string;
  /** Fetches the unread counts from the server again. */
  refresh(): void;
}

/**
 * The list of chats, the most recent first. A row is created again only if its chat has changed.
 *
 * ```ts ignore
 * const [first] = client.inbox.getSnapshot();
 * assert.deepEqual([first.chatId, first.unread], [chatId, 1]);
 * ```
 */
export class Inbox extends View<readonly InboxRow[]> {
  /** Chats that the caller has left or was removed from, in their last state. */
  readonly left: View<readonly InboxRow[]>;
  readonly #rows = new Map<string, InboxRow>();
  readonly #stale = new Set<string>();
  /** The read cursors for which the server was asked, by chat. */
  readonly #asked = new Map<string, number>();

  /** @internal */
  constructor(
    private readonly model: Model,
    private readonly people: People,
    private readonly drafts: Drafts,
    private readonly host: InboxHost,
  ) {
    super(() => this.#listed(model.chats));
    this.left = new View(() => this.#listed(model.left));
    model.on("chat", ({ chatId }) => this.onChat(chatId));
    model.on("chats", ({ chatId }) => this.onChat(chatId));
    drafts.subscribe((chatId) => this.onChat(chatId));
    people.subscribe((userId, change) => this.#onPerson(userId, "blocked" in change));
  }

  /** @internal */
  onChat(chatId: string): void {
    this.#stale.add(chatId);
    this.invalidate();
    this.left.invalidate();
  }

  /**
   * Undefined for a chat that is not loaded.
   *
   * ```ts ignore
   * assert.equal(client.inbox.row(chatId)!.unread, 1);
   * assert.equal(client.inbox.row("unknown"), undefined);
   * ```
   */
  row(chatId: string): InboxRow | undefined {
    const local = this.model.chats.get(chatId) ?? this.model.left.get(chatId);
    const known = this.#rows.get(chatId);
    if (!local) this.#rows.delete(chatId);
    if (!local || (known && !this.#stale.has(chatId))) return local && known;
    const row = this.#build(chatId, local);
    this.#stale.delete(chatId);
    if (known && isSame(known, row)) return known;
    this.#rows.set(chatId, row);
    return row;
  }

  /**
   * Drops a chat that the caller has left, with its messages.
   *
   * ```ts ignore
   * await client.call("group.remove", { groupId: chatId, userId: client.userId });
   * client.inbox.drop(chatId);
   * assert.equal(client.inbox.row(chatId), undefined);
   * ```
   */
  drop(chatId: string): void {
    this.model.drop(chatId);
  }

  #listed(chats: ReadonlyMap<string, LocalChat>): InboxRow[] {
    return [...chats.keys()].map((chatId) => this.row(chatId)!)
      .sort((a, b) =>
        b.lastActivityAt < a.lastActivityAt ? -1 : +(b.lastActivityAt > a.lastActivityAt)
      );
  }

  /** Blocking a user changes the unread counts of the groups that they share with the caller. */
  #onPerson(userId: string, isBlocking: boolean): void {
    for (const [chatId, { peerId }] of this.#rows) {
      if (isBlocking || peerId === userId) this.onChat(chatId);
    }
  }

  /** Counted up to 1,000. The server is asked, once, for counts that only it knows. */
  #unread(local: LocalChat, userId: string): { unread: number; mentions: number } {
    const { unread, mentions, isExact } = unreadOf(
      local,
      userId,
      (id) => this.people.isBlocked(id),
    );
    const readSeq = local.members.get(userId)?.readSeq ?? 0;
    if (!isExact && this.#asked.get(local.chat.id) !== readSeq) {
      this.#asked.set(local.chat.id, readSeq);
      this.host.refresh();
    }
    return { unread: Math.min(unread, 1_000), mentions };
  }

  #build(chatId: string, local: LocalChat): InboxRow {
    const { chat, muted } = local;
    const userId = this.host.userId();
    const self = local.members.get(userId);
    const peerId = chat.kind === "direct" ? local.peerId ?? otherOf(local, userId) : null;
    const peer = peerId === null ? null : this.people.get(peerId);
    const { unread, mentions } = this.#unread(local, userId);
    const messages = this.model.messagesOf(chatId);
    const shown = messages.findLast(({ encrypted }) => encrypted?.isShown !== false) ?? null;
    return {
      chatId,
      kind: chat.kind,
      title: peer ? peer.name : chat.name,
      avatarMediaId: peer ? peer.avatarMediaId : chat.avatarMediaId,
      peerId,
      presence: peer && peer.presence,
      encrypted: chat.encrypted,
      memberCount: chat.memberCount,
      role: self?.role ?? "member",
      lastMessage: shown,
      lastActivityAt: messages.at(-1)?.createdAt ?? self?.joinedAt ?? chat.createdAt,
      unread,
      mentions,
      muted,
      typing: this.model.typing.of(chatId),
      draft: this.drafts.get(chatId).text,
    };
  }
}

function otherOf({ members }: LocalChat, userId: string): string | null {
  return [...members.keys()].find((id) => id !== userId) ?? null;
}
