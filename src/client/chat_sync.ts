import type { ChangesView } from "../api/views/changes.ts";
import type { MemberView } from "../api/views/member.ts";
import type { MessageView } from "../api/views/message.ts";
import { Backoff } from "./backoff.ts";
import type { Call } from "./call.ts";
import { ChatError, isPassing } from "./chat_error.ts";
import { rowsOf } from "./event_rows.ts";
import { isDurable, type ServerEvent } from "./events.ts";
import type { Model } from "./model.ts";
import type { Output } from "./rest.ts";
import { Serial } from "../core/serial.ts";
import type { SyncPageView } from "./sync_pages.ts";

type InboxItem = Output<"chat.inbox">["items"][number];

export interface SyncHost {
  call: Call;
  userId(): string;
  /** Called with the rows that followed on `after`, once the model has them; for decryption. */
  onRows(changes: ChangesView, after: number): void;
  /** The caller has left or was removed. */
  onLeft(chatId: string): void;
  /** A chat was added to the model. */
  onChat(chatId: string): void;
  onFault(error: unknown): void;
}

const PAGE = 100;
/** Number of messages fetched when a chat is first seen; older ones are fetched on request. */
const FIRST_MESSAGES = 50;
/** Maximum number of chats, last opened, whose receipts are fetched again after a break. */
const MOST_RECENT = 10;
/** Maximum delay of a requested resync in milliseconds: all clients are asked at once. */
const RESYNC_JITTER_MS = 2_000;

/**
 * Keeps the model in step with the server: a durable event is applied if it follows on the chat's
 * cursor; a gap is filled by catching up, once for all events of the meantime.
 */
export class ChatSync {
  readonly #serial = new Serial();
  /** The highest announced revision of chats that are being caught up on. */
  readonly #wanted = new Map<string, number>();
  /** Chats that were opened, the last one last. */
  readonly #opened = new Set<string>();
  #resync: ReturnType<typeof setTimeout> | undefined;
  #refreshing: ReturnType<typeof setTimeout> | undefined;
  /** Pauses after catch-ups that failed. */
  readonly #backoff = new Backoff();
  #isClosed = false;

  constructor(private readonly model: Model, private readonly host: SyncHost) {
  }

  cursors(): Record<string, number> {
    return Object.fromEntries([...this.model.chats].map(([id, { cursor }]) => [id, cursor]));
  }

  /**
   * Loads the inbox: every chat with its newest message, and the cursor from which to catch up. The
   * rows of chats in `stale` belong to another history and are replaced.
   */
  async loadInbox(stale: Set<string> = new Set()): Promise<void> {
    this.#isClosed = false;
    let cursor: string | undefined;
    do {
      const page = await this.host.call("chat.inbox", { limit: PAGE, cursor });
      for (const item of page.items) {
        const isStale = stale.delete(item.chat.id);
        const isNew = !this.model.chat(item.chat.id);
        if (isStale) this.model.startOver(item.chat);
        this.#putInboxItem(item, isNew || isStale);
        if (isNew) this.host.onChat(item.chat.id);
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    // Loaded now for the next connection, when the network may be bad.
    void import("./sync_pages.ts").catch(() => {});
  }

  /** Reloads everything after a restored backup: its revisions belong to another history. */
  async startOver(): Promise<void> {
    const stale = new Set(this.model.chats.keys());
    await this.loadInbox(stale);
    for (const chatId of stale) this.#leave(chatId);
  }

  /**
   * Catches up on every chat. `first` is the sync of the hello reply, null if the cursors did not
   * fit into the request. May be called again after a failure, and continues at the point of the
   * failure.
   */
  async takeSync(first: SyncPageView | null): Promise<void> {
    clearTimeout(this.#resync);
    this.#isClosed = false;
    const { SyncPages } = await import("./sync_pages.ts");
    const pages = new SyncPages(
      this.model,
      this.host.call,
      (items, after) => this.#takePage(items, after),
    );
    await pages.run(first);
    this.#backoff.reset();
    this.refreshSoon();
    // Receipts have no revision, so catching up does not bring missed ones.
    for (const chatId of [...this.#opened].slice(-MOST_RECENT)) {
      if (this.model.chat(chatId)) await this.#attempt(() => this.#fetchMembers(chatId));
    }
  }

  onEvent(event: ServerEvent): void {
    if (isDurable(event)) return this.#onDurable(event);
    switch (event.event) {
      case "receipt.updated":
        return this.model.moveReceipts(event.data);
      case "receipt.counted":
        return this.model.countReceipts(event.data);
      case "typing":
        return this.#onTyping(event.chatId, event.data);
      case "chat.notifications":
        return this.model.setMuted(event.data.chatId, event.data.muted);
      case "resync":
        return this.#resyncSoon();
    }
  }

  /** Stops starting work by timers, until the next connection. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#resync);
    clearTimeout(this.#refreshing);
  }

  /**
   * Fetches the newest page of the inbox again, a little later: unread counts, the mute state of a
   * chat and the caller's read cursors have no revision, so catching up does not bring them.
   */
  refreshSoon(): void {
    clearTimeout(this.#refreshing);
    if (this.#isClosed) return;
    const delayMs = Math.random() * RESYNC_JITTER_MS;
    this.#refreshing = setTimeout(() => void this.#attempt(() => this.#refresh()), delayMs);
  }

  async #refresh(): Promise<void> {
    const { items } = await this.host.call("chat.inbox", { limit: PAGE });
    for (const item of items) if (this.model.chat(item.chat.id)) this.model.putInbox(item);
  }

  /** Loads everything about a new chat: its row, its members and its newest messages. */
  async open(chatId: string): Promise<void> {
    await this.#serial.run(chatId, () => this.#open(chatId));
  }

  /** Loads messages older than the loaded ones; false if there are none. */
  loadOlder(chatId: string, limit: number): Promise<boolean> {
    return this.#serial.run(chatId, () => this.#loadOlder(chatId, limit));
  }

  async #loadOlder(chatId: string, limit: number): Promise<boolean> {
    const before = this.model.chat(chatId)?.completeFrom;
    if (before === 0) return false;
    const { items, next } = await this.host.call("message.list", { chatId, before, limit });
    this.model.putHistory(chatId, items, next === null);
    return next !== null;
  }

  /** Resolves once all announced revisions are in the model. */
  idle(): Promise<void> {
    return this.#serial.idle();
  }

  /** Fetches the changes after the cursor, even if no revision was announced. */
  catchUp(chatId: string): Promise<void> {
    return this.#serial.run(chatId, () => this.#catchUp(chatId));
  }

  /** Returns the chat's head; if the chat is new to the model, events are applied from there on. */
  async #open(chatId: string, startOver = false): Promise<number> {
    const isNew = !this.model.chat(chatId);
    const head = await this.#fetchMembers(chatId, startOver);
    this.#opened.delete(chatId);
    this.#opened.add(chatId);
    const page = { chatId, limit: FIRST_MESSAGES };
    const { items, next } = await this.host.call("message.list", page);
    this.model.putHistory(chatId, items, next === null);
    if (isNew) this.host.onChat(chatId);
    return head;
  }

  async #fetchMembers(chatId: string, startOver = false): Promise<number> {
    const { members, ...chat } = await this.host.call("chat.get", { chatId });
    if (startOver) this.model.startOver(chat);
    else this.model.putChat(chat);
    this.model.putMembers(chatId, members);
    return chat.rev;
  }

  #onTyping(chatId: string, { userId, typing }: { userId: string; typing: boolean }): void {
    if (this.model.chat(chatId)) this.model.typing.set(chatId, userId, typing);
  }

  #putInboxItem({ lastMessage, ...facts }: InboxItem, isNew: boolean): void {
    const { chat } = this.model.putInbox(facts);
    if (isNew) this.model.putHistory(chat.id, lastMessage ? [lastMessage] : [], !lastMessage);
    else if (lastMessage) this.model.putMessages(chat.id, [lastMessage]);
  }

  /** Runs one sync for all chats, even if it is requested several times in the meantime. */
  #resyncSoon(delayMs = Math.random() * RESYNC_JITTER_MS): void {
    clearTimeout(this.#resync);
    if (this.#isClosed) return;
    this.#resync = setTimeout(() => void this.#attempt(() => this.takeSync(null)), delayMs);
  }

  #onDurable(event: Extract<ServerEvent, { rev: number }>): void {
    const { chatId, rev } = event;
    const local = this.model.chat(chatId);
    const isFarewell = event.event === "member.updated" && event.data.leftAt !== null &&
      event.data.userId === this.host.userId();
    if (isFarewell) return this.#leave(chatId);
    if (!local) {
      if (this.#wanted.has(chatId)) return;
      void this.#attempt(() => this.#serial.run(chatId, () => this.#discover(chatId)));
      return;
    }
    const after = event.after ?? rev - 1;
    if (rev <= local.cursor) return;
    if (after > local.cursor || this.#wanted.has(chatId)) return this.#reach(chatId, rev);
    const rows = rowsOf(event);
    if (rows) this.#take(rows, after);
    else this.#reach(chatId, rev);
  }

  #reach(chatId: string, rev: number): void {
    const wanted = this.#wanted.get(chatId);
    this.#wanted.set(chatId, Math.max(wanted ?? 0, rev));
    if (wanted === undefined) void this.#attempt(() => this.catchUp(chatId));
  }

  async #catchUp(chatId: string): Promise<void> {
    const wanted = () => this.#wanted.get(chatId) ?? 0;
    try {
      for (let more = true; more;) {
        const local = this.model.chat(chatId);
        if (!local) return;
        const [after, announced] = [local.cursor, wanted()];
        const changes = await this.host.call("chat.changes", { chatId, after });
        if (changes.reset) return void await this.#open(chatId, true);
        this.#take(changes, after);
        const isBehind = changes.more || wanted() > changes.rev;
        // An event may overtake the answer, which then lacks it. If there is no progress and no
        // such event, the next one tries again, not this loop.
        more = isBehind && (changes.rev > after || wanted() > announced);
      }
    } catch (error) {
      if (!(error instanceof ChatError && error.code === "not_found")) throw error;
      this.#leave(chatId);
    } finally {
      this.#wanted.delete(chatId);
    }
  }

  /**
   * Applies rows of many chats, each following on its cursor in `after`; the rows of a new chat
   * start at its beginning.
   */
  async #takePage(items: ChangesView[], after: Record<string, number>): Promise<void> {
    for (const changes of items) {
      const { chatId, reset } = changes;
      if (!this.model.chat(chatId)) await this.#attempt(() => this.#takeNew(changes));
      else if (reset) await this.#attempt(() => this.#startOver(chatId));
      else this.#take(changes, after[chatId] ?? 0);
    }
  }

  #takeNew(changes: ChangesView): Promise<void> {
    const { chatId, more, chat, members, messages } = changes;
    return this.#serial.run(chatId, async () => {
      const self = members.find(({ userId }) => userId === this.host.userId());
      if (self && self.leftAt !== null) return;
      // For a long history, the newest messages are read instead of everything from the start.
      if (this.model.chat(chatId) || more || !chat) return await this.#discover(chatId);
      this.model.putChat({ ...chat, rev: changes.rev });
      this.model.putMembers(chatId, members);
      this.model.putHistory(chatId, messages, true);
      this.host.onChat(chatId);
      this.model.announce(chatId, messages.filter(sinceJoining(self)).map(({ id }) => id));
    });
  }

  /**
   * Adds a chat found by an event or a sync: messages since the caller joined are new. Events that
   * arrive in the meantime are caught up on at the end, so that all are announced in order.
   */
  async #discover(chatId: string): Promise<void> {
    if (this.model.chat(chatId)) return await this.#catchUp(chatId);
    this.#wanted.set(chatId, 0);
    try {
      const head = await this.#open(chatId);
      const isNews = sinceJoining(this.model.chat(chatId)?.members.get(this.host.userId()));
      while (isNews(this.#oldest(chatId)) && await this.#loadOlder(chatId, PAGE));
      const news = this.model.messagesOf(chatId)
        .filter((message) => message.seq > 0 && message.seq <= head && isNews(message));
      this.model.announce(chatId, news.map(({ id }) => id));
    } catch (error) {
      this.#wanted.delete(chatId);
      throw error;
    }
    await this.#catchUp(chatId);
  }

  #oldest(chatId: string): MessageView | undefined {
    return this.model.messagesOf(chatId).find(({ seq }) => seq > 0);
  }

  async #startOver(chatId: string): Promise<void> {
    await this.#serial.run(chatId, () => this.#open(chatId, true));
  }

  #take(changes: ChangesView, after: number): void {
    const { chatId, rev } = changes;
    const cursor = this.model.chat(chatId)?.cursor ?? 0;
    if (!this.model.apply(changes, after)) return this.#reach(chatId, rev);
    const self = changes.members.find(({ userId }) => userId === this.host.userId());
    if (self && self.leftAt !== null) return this.#leave(chatId);
    this.host.onRows(changes, cursor);
  }

  #leave(chatId: string): void {
    this.#opened.delete(chatId);
    this.model.leave(chatId);
    this.host.onLeft(chatId);
  }

  /**
   * Repeats a failed request by a sync of all chats: in a quiet chat no event would show the gap.
   */
  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.host.onFault(error);
      if (isPassing(error)) this.#resyncSoon(this.#backoff.next(error));
    }
  }
}

/** Returns whether a message was sent after the member joined, by the server's clock. */
function sinceJoining(self: MemberView | undefined): (message: MessageView | undefined) => boolean {
  return (message) =>
    self !== undefined && message !== undefined &&
    (message.seq > self.rev || message.createdAt >= self.joinedAt);
}
