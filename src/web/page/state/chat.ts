import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatClient, LocalChat, LocalMessage } from "../../../client/mod.ts";
import type { ChatView } from "../../../api/views/chat.ts";
import type { MemberView } from "../../../api/views/member.ts";
import { t } from "../texts/texts.ts";
import { Version } from "./version.ts";

export type Progress = "sending" | "failed" | "sent" | "delivered" | "read";

/** Messages that are fetched at once when somebody scrolls back. */
const PAGE = 50;
/** Pages of history that are fetched to begin at the first unread message. */
const MAX_UNREAD_PAGES = 20;
const LARGE_PAGE = 100;

/** One chat as the page shows it. Everything is read in signals, so that what changes draws itself. */
export class ChatState {
  /** Messages that the person has not read, as the inbox counts them. */
  readonly unread = signal(0);
  readonly peerId = signal<string | null>(null);
  readonly isMuted = signal(false);
  readonly isLoadingOlder = signal(false);
  /** Whether members and the newest messages are here. */
  readonly isOpened = signal(false);
  /** The person is no longer a member: what they saw stays as long as the page does. */
  readonly hasLeft = signal(false);
  readonly version = new Version();
  readonly messages: ReadonlySignal<LocalMessage[]>;
  readonly details: ReadonlySignal<ChatView>;
  readonly members: ReadonlySignal<MemberView[]>;
  readonly typing: ReadonlySignal<string[]>;
  /** How far all others have got; -1 if it is not known. */
  readonly reached: ReadonlySignal<{ delivered: number; read: number }>;
  #local: LocalChat;
  #opening: Promise<void> | null = null;
  #typingSentAt = 0;
  /** The seq that the server was last told to have been read. */
  #marked = 0;

  constructor(readonly client: ChatClient, readonly id: string) {
    this.#local = client.model.chat(id)!;
    this.details = computed(() => this.#read().chat);
    this.messages = computed(() => {
      this.#read();
      return client.model.chat(id) ? client.model.messagesOf(id).filter(isShown) : this.#kept;
    });
    this.members = computed(() => [...this.#read().members.values()]);
    this.typing = computed(() => {
      this.#read();
      return client.model.typing.of(id).filter((each) => each !== this.myId);
    });
    this.reached = computed(() => this.#reached());
  }

  #kept: LocalMessage[] = [];

  get myId(): string {
    return this.client.user?.id ?? "";
  }

  get isGroup(): boolean {
    return this.details.value.kind === "group";
  }

  get me(): MemberView | undefined {
    return this.members.value.find(({ userId }) => userId === this.myId);
  }

  get lastMessage(): LocalMessage | undefined {
    return this.messages.value.at(-1);
  }

  get lastActivity(): string {
    return this.lastMessage?.createdAt ?? this.details.value.createdAt;
  }

  /** Seq up to which the person has read. */
  get readSeq(): number {
    return this.#local.members.get(this.myId)?.readSeq ?? 0;
  }

  get hasOlder(): boolean {
    return this.#read().completeFrom !== 0 && !this.hasLeft.value;
  }

  /** The model has changed; it may also hold another object for the chat, or none. */
  changed(): void {
    const local = this.client.model.chat(this.id);
    if (local) {
      this.#local = local;
      this.#kept = [];
      this.hasLeft.value = false;
    } else if (!this.hasLeft.peek()) {
      this.#kept = this.messages.peek().map(asRefused);
      this.hasLeft.value = true;
      this.isOpened.value = false;
    }
    this.version.bump();
  }

  /** A message that was refused for having left is dropped. */
  dropKept(clientId: string): void {
    this.#kept = this.#kept.filter((message) => message.clientId !== clientId);
    this.version.bump();
  }

  /** Fetches members and history, back to the first unread message. */
  async open(): Promise<void> {
    if (this.isOpened.peek() || this.hasLeft.peek()) return;
    await (this.#opening ??= this.#open().finally(() => this.#opening = null));
  }

  async #open(): Promise<void> {
    await this.client.openChat(this.id);
    const isEnough = () => this.#local.completeFrom <= this.readSeq + 1;
    for (
      let pages = 0;
      this.unread.peek() > 0 && !isEnough() && pages < MAX_UNREAD_PAGES;
      pages++
    ) {
      if (!await this.client.loadOlder(this.id, LARGE_PAGE)) break;
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
    return this.#read().messages.get(id);
  }

  progressOf({ seq, status }: LocalMessage): Progress {
    if (status !== "sent") return status;
    const { delivered, read } = this.reached.value;
    if (read >= seq) return "read";
    return delivered >= seq ? "delivered" : "sent";
  }

  /** A message of somebody else's came in. */
  received(message: LocalMessage): void {
    if (message.seq > this.readSeq && message.deletedAt === null) this.unread.value++;
    this.client.call("chat.delivered", { chatId: this.id, seq: message.seq }).catch(() => {});
  }

  /** Tells the server that the person has read up to here, once for each message. */
  markRead(seq: number): void {
    if (seq <= Math.max(this.#marked, this.readSeq) || this.hasLeft.peek()) return;
    this.#marked = seq;
    this.client.call("chat.read", { chatId: this.id, seq }).then(
      (receipt) => this.client.model.moveReceipts(receipt),
      () => this.#marked = 0,
    );
  }

  /** The read cursor may have moved, here or on another device. */
  recountUnread(): void {
    const { readSeq } = this;
    if (this.unread.peek() === 0 || this.#local.completeFrom > readSeq + 1) return;
    const unread = this.client.model.messagesOf(this.id).filter(({ seq, senderId, deletedAt }) =>
      seq > readSeq && senderId !== this.myId && deletedAt === null
    );
    this.unread.value = unread.length;
  }

  /** Tells the others that the person is writing; the server forgets it after some seconds. */
  tellTyping(isTyping: boolean): void {
    const now = Date.now();
    if (isTyping ? now - this.#typingSentAt < 3_000 : this.#typingSentAt === 0) return;
    this.#typingSentAt = isTyping ? now : 0;
    this.client.call(isTyping ? "typing.start" : "typing.stop", { chatId: this.id })
      .catch(() => {});
  }

  #read(): LocalChat {
    this.version.read();
    return this.#local;
  }

  #reached(): { delivered: number; read: number } {
    const others = this.members.value
      .filter(({ userId, leftAt }) => userId !== this.myId && leftAt === null);
    if (!this.isOpened.value || others.length === 0) return { delivered: -1, read: -1 };
    const { receiptCount } = this.#local;
    if (receiptCount) return this.#countedReceipts(receiptCount, others.length);
    const read = Math.min(...others.map(({ readSeq }) => readSeq));
    const delivered = others.map((each) => Math.max(each.readSeq, each.deliveredSeq));
    return { delivered: Math.min(...delivered), read };
  }

  /** In a very large group the server tells how many have read the newest message, not who. */
  #countedReceipts(
    { seq, read, delivered }: NonNullable<LocalChat["receiptCount"]>,
    others: number,
  ): { delivered: number; read: number } {
    return { delivered: delivered >= others ? seq : -1, read: read >= others ? seq : -1 };
  }
}

/** In a chat that one has left, what was not sent yet will not be. */
function asRefused(message: LocalMessage): LocalMessage {
  return message.status === "sending"
    ? { ...message, status: "failed", failure: t().left }
    : message;
}

/** Edits and reactions of encrypted chats are messages, too, which say nothing by themselves. */
function isShown({ encrypted }: LocalMessage): boolean {
  return encrypted?.isShown !== false;
}
