import type { ChatAccess } from "../chats/chat_access.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Signal } from "../cluster/broker.ts";
import type { Hub } from "./hub.ts";
import type { Publisher } from "./publisher.ts";

/** This instance, among those on which someone may be writing. */
const HERE = "";

/** One person writing in one chat. */
interface Writing {
  chatId: string;
  userId: string;
  /** Until when, by instance: they may write on two devices that are connected to two of them. */
  readonly until: Map<string, ReturnType<typeof setTimeout>>;
  /** When the other instances were told last. */
  toldAt: number;
}

/**
 * Who is writing, for as long as they say so. It ends by itself, since a client that loses its
 * connection cannot take it back, and with the message that was being written.
 *
 * Every instance knows on which instances someone writes, and tells its own clients one start and one
 * stop. What another one said is repeated while it lasts, and forgotten with it, or without it.
 */
export class Typing {
  readonly #writing = new Map<string, Writing>();

  constructor(
    private readonly access: ChatAccess,
    private readonly people: Pick<ContactPolicy, "isHeardIn">,
    private readonly hub: Pick<Hub, "toRoom">,
    private readonly publisher: Pick<Publisher, "typing">,
    private readonly limits: { typingTimeMs: number },
  ) {}

  async start(userId: string, chatId: string): Promise<void> {
    await this.access.requireMember(chatId, userId);
    // Nobody is told of it: it looks to them as ever.
    if (!await this.people.isHeardIn(chatId, userId)) return;
    const { typingTimeMs } = this.limits;
    const known = this.#writing.get(keyOf(chatId, userId))?.until.has(HERE);
    const writing = this.#begin(chatId, userId, HERE, typingTimeMs);
    const now = performance.now();
    if (known && now - writing.toldAt < typingTimeMs / 2) return;
    writing.toldAt = now;
    this.publisher.typing(chatId, userId, true);
  }

  async stop(userId: string, chatId: string): Promise<void> {
    await this.access.requireMember(chatId, userId);
    this.#end(keyOf(chatId, userId), HERE);
  }

  /** Who has sent has stopped writing; clients know it from the message, so none is told. */
  committed(commit: ChatCommit): void {
    if (this.#writing.size === 0) return;
    for (const step of commit.steps) {
      if (step.type !== "message.created") continue;
      this.#end(keyOf(commit.chatId, step.message.senderId), HERE, true);
    }
  }

  /** What another instance tells. */
  signal({ chatId, userId, typing, silent }: Signal & { type: "typing" }, instance: string): void {
    // Twice the time: it is repeated every half, and its end is told.
    if (typing) this.#begin(chatId, userId, instance, 2 * this.limits.typingTimeMs);
    else this.#end(keyOf(chatId, userId), instance, silent);
  }

  /** Nobody writes there any more. */
  gone(instance: string): void {
    for (const key of [...this.#writing.keys()]) this.#end(key, instance);
  }

  close(): void {
    for (const key of [...this.#writing.keys()]) this.#end(key, HERE);
    for (const { until } of this.#writing.values()) {
      for (const timer of until.values()) clearTimeout(timer);
    }
    this.#writing.clear();
  }

  #begin(chatId: string, userId: string, instance: string, ms: number): Writing {
    const key = keyOf(chatId, userId);
    let writing = this.#writing.get(key);
    if (!writing) {
      writing = { chatId, userId, until: new Map(), toldAt: -Infinity };
      this.#writing.set(key, writing);
      this.#tell(writing, true);
    }
    clearTimeout(writing.until.get(instance));
    const timer = setTimeout(() => this.#end(key, instance), ms);
    Deno.unrefTimer(timer);
    writing.until.set(instance, timer);
    return writing;
  }

  #end(key: string, instance: string, silent = false): void {
    const writing = this.#writing.get(key);
    if (!writing?.until.has(instance)) return;
    clearTimeout(writing.until.get(instance));
    writing.until.delete(instance);
    if (instance === HERE) this.publisher.typing(writing.chatId, writing.userId, false, silent);
    if (writing.until.size > 0) return;
    this.#writing.delete(key);
    if (!silent) this.#tell(writing, false);
  }

  #tell({ chatId, userId }: Writing, typing: boolean): void {
    this.hub.toRoom(chatId, { event: "typing", chatId, data: { userId, typing } }, userId);
  }
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId}:${userId}`;
}
