import type { ChangesView } from "../wire/changes.ts";
import { ChatError } from "./chat_error.ts";
import { isDurable, type ServerEvent } from "./events.ts";
import type { Model } from "./model.ts";
import type { Input, OperationName, Output } from "./rest.ts";
import { Serial } from "./serial.ts";

export type Call = <Name extends OperationName>(
  name: Name,
  input: Input<Name>,
) => Promise<Output<Name>>;

export interface SyncHost {
  call: Call;
  userId(): string;
  /** The rows that followed on `after`, in the model already; for whoever decrypts. */
  onRows(changes: ChangesView, after: number): void;
  /** The caller has left, or was removed. */
  onLeft(chatId: string): void;
  /** A chat that was not here before. */
  onChat(chatId: string): void;
  onFault(error: unknown): void;
}

const PAGE = 100;
/** Messages of a chat that are read when it is first seen; the rest is history, to be asked for. */
const FIRST_MESSAGES = 50;
/** Chats whose receipts are asked for anew after a break: those that were looked at last. */
const MOST_RECENT = 10;

/**
 * Keeps the model in step with the server: a durable event applies if it follows on the chat's cursor; a
 * gap is caught up on, once for all that piled up meanwhile.
 */
export class ChatSync {
  readonly #serial = new Serial();
  /** The highest revision heard of, of chats that are being caught up on. */
  readonly #wanted = new Map<string, number>();

  /** Chats that were opened, the last one last. */
  readonly #opened = new Set<string>();

  constructor(private readonly model: Model, private readonly host: SyncHost) {}

  cursors(): Record<string, number> {
    return Object.fromEntries([...this.model.chats].map(([id, { cursor }]) => [id, cursor]));
  }

  /** The inbox: every chat with its newest message, and from where to catch up on it. */
  async loadInbox(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.host.call("chat.inbox", { limit: PAGE, cursor });
      for (const { chat, rev, me, lastMessage } of page.items) {
        const isNew = !this.model.chat(chat.id);
        this.model.putChat(chat, isNew ? rev : 0);
        this.model.putMembers(chat.id, [me]);
        if (isNew) this.model.putHistory(chat.id, lastMessage ? [lastMessage] : [], !lastMessage);
        else if (lastMessage) this.model.putMessages(chat.id, [lastMessage]);
        if (isNew) this.host.onChat(chat.id);
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** What hello answers, of those who have more chats than fit into a frame. */
  async fetch(): Promise<ChangesView[]> {
    return (await this.host.call("sync", { cursors: this.cursors() })).items;
  }

  /** What hello answered. A chat that is new here comes with rows from its start: it is opened instead. */
  async takeSync(sync: ChangesView[]): Promise<void> {
    for (const changes of sync) {
      if (!this.model.chat(changes.chatId)) await this.#attempt(() => this.open(changes.chatId));
      else await this.#attempt(() => this.#takePage(changes));
    }
    // Receipts take no revision, so that no catch-up brings those that were missed.
    for (const chatId of [...this.#opened].slice(-MOST_RECENT)) {
      if (this.model.chat(chatId)) await this.#attempt(() => this.#fetchMembers(chatId));
    }
  }

  onEvent(event: ServerEvent): void {
    if (isDurable(event)) return this.#onDurable(event);
    switch (event.event) {
      case "receipt.updated":
        return this.model.moveReceipt(event.data);
      case "typing":
        return this.model.setTyping(event.chatId, event.data.userId, event.data.typing);
      case "presence":
        return this.model.setPresence(event.data);
      case "resync":
        for (const chatId of this.model.chats.keys()) this.#reach(chatId, Infinity);
    }
  }

  /** Everything about a chat that is new here: its row, its members and its newest messages. */
  open(chatId: string): Promise<void> {
    return this.#serial.run(chatId, async () => {
      const isNew = !this.model.chat(chatId);
      await this.#fetchMembers(chatId);
      this.#opened.delete(chatId);
      this.#opened.add(chatId);
      const { items } = await this.host.call("message.list", { chatId, limit: FIRST_MESSAGES });
      this.model.putHistory(chatId, items, items.length < FIRST_MESSAGES);
      if (isNew) this.host.onChat(chatId);
    });
  }

  /** Older messages, before those that are here; false when there are none. */
  loadOlder(chatId: string, limit: number): Promise<boolean> {
    return this.#serial.run(chatId, async () => {
      const before = this.model.chat(chatId)?.completeFrom;
      if (before === 0) return false;
      const { items } = await this.host.call("message.list", { chatId, before, limit });
      this.model.putHistory(chatId, items, items.length < limit);
      return items.length === limit;
    });
  }

  /** Resolves when all that was heard of is in the model. */
  idle(): Promise<void> {
    return this.#serial.idle();
  }

  /** Asks for what followed on the cursor, whether or not anything was heard of. */
  catchUp(chatId: string): Promise<void> {
    return this.#serial.run(chatId, () => this.#catchUp(chatId));
  }

  async #fetchMembers(chatId: string): Promise<void> {
    const isNew = !this.model.chat(chatId);
    const { members, ...chat } = await this.host.call("chat.get", { chatId });
    this.model.putChat(chat, isNew ? chat.rev : 0);
    this.model.putMembers(chatId, members);
  }

  #onDurable(event: Extract<ServerEvent, { rev: number }>): void {
    const { chatId, rev } = event;
    const local = this.model.chat(chatId);
    const isFarewell = event.event === "member.updated" && event.data.leftAt !== null &&
      event.data.userId === this.host.userId();
    if (isFarewell) return this.#leave(chatId);
    if (!local) {
      void this.#attempt(() => this.open(chatId));
      return;
    }
    const after = event.after ?? rev - 1;
    if (rev <= local.cursor) return;
    if (after > local.cursor || this.#wanted.has(chatId)) return this.#reach(chatId, rev);
    const rows = rowsOf(event);
    if (rows) this.#take(rows);
    else this.#reach(chatId, rev);
  }

  #reach(chatId: string, rev: number): void {
    const wanted = this.#wanted.get(chatId);
    this.#wanted.set(chatId, Math.max(wanted ?? 0, rev));
    if (wanted === undefined) void this.#attempt(() => this.catchUp(chatId));
  }

  async #catchUp(chatId: string): Promise<void> {
    try {
      for (let more = true; more;) {
        const local = this.model.chat(chatId);
        if (!local) return;
        const after = local.cursor;
        const changes = await this.host.call("chat.changes", { chatId, after });
        this.#take(changes);
        const wanted = this.#wanted.get(chatId) ?? 0;
        const isBehind = changes.more || (wanted !== Infinity && wanted > changes.rev);
        // Where it gets no further, the next event is to try again, not this loop.
        more = isBehind && changes.rev > after;
        if (wanted === Infinity) this.#wanted.set(chatId, changes.rev);
      }
    } catch (error) {
      if (!(error instanceof ChatError && error.code === "not_found")) throw error;
      this.#leave(chatId);
    } finally {
      this.#wanted.delete(chatId);
    }
  }

  async #takePage(changes: ChangesView): Promise<void> {
    this.#take(changes);
    if (changes.more) await this.catchUp(changes.chatId);
  }

  #take(changes: ChangesView): void {
    const after = this.model.chat(changes.chatId)?.cursor ?? 0;
    this.model.apply(changes);
    const self = changes.members.find(({ userId }) => userId === this.host.userId());
    if (self && self.leftAt !== null) return this.#leave(changes.chatId);
    this.host.onRows(changes, after);
  }

  #leave(chatId: string): void {
    this.#opened.delete(chatId);
    this.model.forget(chatId);
    this.host.onLeft(chatId);
  }

  /** What fails here is found again by the next event or the next hello. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.host.onFault(error);
    }
  }
}

/** Null for an event that this version does not know: its rows are asked for. */
function rowsOf(event: Extract<ServerEvent, { rev: number }>): ChangesView | null {
  const { chatId, rev } = event;
  const rows: ChangesView = { chatId, rev, messages: [], members: [], more: false };
  switch (event.event) {
    case "chat.changes":
      return event.data;
    case "chat.updated":
      return { ...rows, chat: event.data };
    case "member.updated":
      return { ...rows, members: [event.data] };
    case "mls.commit":
      return { ...rows, commits: [event.data] };
    case "message.created":
    case "message.updated":
    case "message.deleted":
      return { ...rows, messages: [event.data] };
    default:
      return null;
  }
}
