import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatClient, InboxRow, LocalChat, LocalMessage } from "../../../client/mod.ts";
import type { MemberView } from "../../../api/views/member.ts";
import { signalOf } from "./signal_of.ts";
import { Uploads } from "./uploads.ts";
import { Version } from "./version.ts";

export type Progress = "sending" | "failed" | "sent" | "delivered" | "read";

/** Messages that are fetched at once when somebody scrolls back. */
const PAGE = 50;
/** Pages of history that are fetched to begin at the first unread message. */
const MAX_UNREAD_PAGES = 20;
const LARGE_PAGE = 100;
/** Milliseconds after which typing is signaled again. */
const TYPING_REPEAT_MS = 3_000;

/**
 * One chat as the page shows it. Everything is read in signals, so that what changes draws itself.
 */
export class ChatState {
  readonly isLoadingOlder = signal(false);
  /** Whether members and the newest messages are here. */
  readonly isOpened = signal(false);
  /** The text that was begun and not sent. */
  readonly text = signal("");
  /** Files that go with the next message. */
  readonly uploads: Uploads;
  readonly version = new Version();
  /** Undefined for a chat that is not here. */
  readonly row: ReadonlySignal<InboxRow | undefined>;
  readonly messages: ReadonlySignal<readonly LocalMessage[]>;
  readonly members: ReadonlySignal<MemberView[]>;
  readonly typing: ReadonlySignal<readonly string[]>;
  /** The person is no longer a member: what they saw stays. */
  readonly hasLeft: ReadonlySignal<boolean>;
  /** Seq up to which all others have got; -1 if it is not known. */
  readonly reached: ReadonlySignal<{ delivered: number; read: number }>;
  #opening: Promise<void> | null = null;
  #typingSentAt = 0;

  constructor(
    readonly client: ChatClient,
    readonly id: string,
    deleting: ReadonlySignal<ReadonlySet<string>>,
  ) {
    this.uploads = new Uploads(client, id);
    const conversation = client.chat(id);
    // The list follows the names of people, too; `conversation.row` follows the chat alone.
    this.row = computed(() => {
      void signalOf(client.inbox).value;
      void signalOf(client.inbox.left).value;
      return client.inbox.row(id);
    });
    this.typing = signalOf(conversation.typing);
    this.messages = computed(() => {
      this.version.read();
      const all = client.model.messagesOf(id);
      const hidden = deleting.value;
      const isHere = (message: LocalMessage) => isShown(message) && !hidden.has(message.id);
      return all.every(isHere) ? all : all.filter(isHere);
    });
    this.members = computed(() => [...this.#read()?.members.values() ?? []]);
    this.hasLeft = computed(() => {
      this.version.read();
      return client.model.left.has(id);
    });
    this.reached = computed(() => this.#reached());
  }

  get myId(): string {
    return this.client.user?.id ?? "";
  }

  get isGroup(): boolean {
    return this.row.value?.kind === "group";
  }

  get unread(): number {
    return this.row.value?.unread ?? 0;
  }

  get myRole(): MemberView["role"] {
    return this.row.value?.role ?? "member";
  }

  get description(): string {
    return this.#read()?.chat.description ?? "";
  }

  /** The chat's own row, if it is a group. */
  get group(): LocalChat["chat"] | null {
    return this.isGroup ? this.#read()?.chat ?? null : null;
  }

  /** Present while administrators keep the members from writing. */
  get frozen(): LocalChat["chat"]["frozen"] {
    return this.#read()?.chat.frozen;
  }

  get avatarMediaId(): string | null {
    return this.#read()?.chat.avatarMediaId ?? null;
  }

  /** Only in a very large group, which does not tell who has read. */
  get receiptCount(): LocalChat["receiptCount"] {
    return this.#read()?.receiptCount;
  }

  /** Seq up to which the person has read. */
  get readSeq(): number {
    return this.#local?.members.get(this.myId)?.readSeq ?? 0;
  }

  get hasOlder(): boolean {
    const local = this.#read();
    return local !== undefined && local.completeFrom !== 0 && !this.hasLeft.value;
  }

  /** The model has changed. */
  changed(): void {
    // A member who comes back has to fetch members and history again.
    if (!this.client.model.chats.has(this.id)) this.isOpened.value = false;
    this.version.bump();
  }

  /** Fetches members and history, back to the first unread message. */
  async open(): Promise<void> {
    if (this.isOpened.peek() || !this.client.model.chats.has(this.id)) return;
    await (this.#opening ??= this.#open().finally(() => this.#opening = null));
  }

  async #open(): Promise<void> {
    const { client, id } = this;
    await client.openChat(id);
    const isEnough = () => (this.#local?.completeFrom ?? 0) <= this.readSeq + 1;
    const hasUnread = (client.inbox.row(id)?.unread ?? 0) > 0;
    for (let pages = 0; hasUnread && !isEnough() && pages < MAX_UNREAD_PAGES; pages++) {
      if (!await client.loadOlder(id, LARGE_PAGE)) break;
    }
    this.isOpened.value = true;
    this.version.bump();
  }

  async loadOlder(): Promise<void> {
    if (this.isLoadingOlder.peek() || !this.isOpened.peek() || !this.hasOlder) return;
    this.isLoadingOlder.value = true;
    try {
      await this.client.loadOlder(this.id, PAGE);
    } finally {
      this.isLoadingOlder.value = false;
      this.version.bump();
    }
  }

  messageById(id: string): LocalMessage | undefined {
    this.version.read();
    return this.client.model.message(this.id, id);
  }

  progressOf({ seq, status }: LocalMessage): Progress {
    if (status !== "sent") return status;
    const { delivered, read } = this.reached.value;
    if (read >= seq) return "read";
    return delivered >= seq ? "delivered" : "sent";
  }

  /** Tells the others that the person is typing; the server forgets it after some seconds. */
  tellTyping(isTyping: boolean): void {
    const now = Date.now();
    if (isTyping ? now - this.#typingSentAt < TYPING_REPEAT_MS : this.#typingSentAt === 0) return;
    this.#typingSentAt = isTyping ? now : 0;
    this.client.call(isTyping ? "typing.start" : "typing.stop", { chatId: this.id })
      .catch(() => {});
  }

  get #local(): LocalChat | undefined {
    const { chats, left } = this.client.model;
    return chats.get(this.id) ?? left.get(this.id);
  }

  #read(): LocalChat | undefined {
    this.version.read();
    return this.#local;
  }

  #reached(): { delivered: number; read: number } {
    const others = this.members.value
      .filter(({ userId, leftAt }) => userId !== this.myId && leftAt === null);
    if (!this.isOpened.value || others.length === 0) return { delivered: -1, read: -1 };
    const counted = this.#local?.receiptCount;
    if (counted) return countedReceipts(counted, others.length);
    const read = Math.min(...others.map(({ readSeq }) => readSeq));
    const delivered = others.map((each) => Math.max(each.readSeq, each.deliveredSeq));
    return { delivered: Math.min(...delivered), read };
  }
}

/** In a very large group the server tells how many have read the newest message, not who. */
function countedReceipts(
  { seq, read, delivered }: NonNullable<LocalChat["receiptCount"]>,
  others: number,
): { delivered: number; read: number } {
  return { delivered: delivered >= others ? seq : -1, read: read >= others ? seq : -1 };
}

/** Edits and reactions of encrypted chats are messages, too, which say nothing by themselves. */
function isShown({ encrypted }: LocalMessage): boolean {
  return encrypted?.isShown !== false;
}
