import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { type Membership, visibleTo } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import { tombstone } from "../model/tombstone.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";
import type { Store } from "../store/store.ts";
import { memberView } from "../api/views/member.ts";
import { messageView } from "../api/views/message.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter } from "./chat_writer.ts";
import type { Groups } from "./groups.ts";

/** Maximum number of messages in one read, and in one commit. */
const MESSAGES_PER_PAGE = 100;

/** Exports and erases a person's memberships and messages. */
export class ChatPersonalData implements PersonalData {
  readonly name = "chats";

  constructor(
    private readonly store: Pick<Store, "memberships" | "messages" | "chats">,
    private readonly writer: ChatWriter,
    private readonly groups: Groups,
    private readonly clock: Clock,
  ) {}

  sections(userId: string): ExportSection[] {
    return [
      { name: "memberships", rows: this.#memberships(userId) },
      { name: "messages", rows: this.#messages(userId) },
    ];
  }

  /**
   * Turns the person's messages into tombstones and removes their reactions, each with a revision,
   * so that every client learns of it; then the person leaves their groups, and ownership is
   * transferred. In a direct chat they stay a member, shown as an erased user, for the sake of the
   * other member. A second pass finds what was under way while the account ended: a message by the
   * person, or someone who added them to a group.
   */
  async erase(userId: string): Promise<void> {
    const seen = new Map<string, number>();
    for (let looks = 0; looks < 2; looks++) {
      for (const member of await this.store.memberships.ofUser(userId)) {
        const { chatId, leftAt } = member;
        seen.set(chatId, await this.#eraseMessages(member, seen.get(chatId) ?? 0));
        const chat = leftAt === null && await this.store.chats.byId(chatId);
        if (chat && chat.kind === "group") await this.#leave(member);
      }
    }
  }

  /**
   * Reads the chat from `after` on, and returns the `seq` it reached. Reads every message, since no
   * index finds reactions; one page at a time, however long the chat is.
   */
  async #eraseMessages({ chatId, userId }: Membership, after: number): Promise<number> {
    for (let last = after;;) {
      const page = await this.store.messages.page({
        chatId,
        after: last,
        limit: MESSAGES_PER_PAGE,
      });
      const ids = page.filter((message) => bearsTraceOf(userId, message)).map(({ id }) => id);
      if (ids.length > 0) {
        await this.writer.write(chatId, async (draft) => {
          for (const id of ids) {
            const message = await draft.message(id);
            if (message) eraseFrom(draft, message, userId, this.clock.now());
          }
        });
      }
      last = page.at(-1)?.seq ?? last;
      if (page.length < MESSAGES_PER_PAGE) return last;
    }
  }

  /** Ignores `not_found`: a concurrent request may have removed the person already. */
  async #leave({ chatId, userId }: Membership): Promise<void> {
    try {
      await this.groups.remove(userId, chatId, userId);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "not_found") throw error;
    }
  }

  async *#memberships(userId: string): AsyncIterable<unknown> {
    for (const member of await this.store.memberships.ofUser(userId)) {
      const { notify, mutedUntil, leftAt } = member;
      const chat = leftAt === null ? await this.store.chats.byId(member.chatId) : null;
      yield { ...memberView(member), notify, mutedUntil, chatName: chat?.name ?? "" };
    }
  }

  /** Leaves out what others did to messages that the person does not see in the chat any more. */
  async *#messages(userId: string): AsyncIterable<unknown> {
    for (const member of await this.store.memberships.ofUser(userId)) {
      for await (const page of this.#pages(member.chatId, userId)) {
        for (const message of page) {
          if (!isWrittenBy(userId, message)) continue;
          const isSeen = member.leftAt === null && visibleTo(member, [message]).length > 0;
          yield messageView(isSeen ? message : { ...message, reactions: [], pinnedAt: null });
        }
      }
    }
  }

  async *#pages(chatId: string, senderId: string, from = 0): AsyncIterable<Message[]> {
    for (let after = from;;) {
      const query = { chatId, senderId, after, limit: MESSAGES_PER_PAGE };
      const page = await this.store.messages.ofSender(query);
      yield page;
      if (page.length < MESSAGES_PER_PAGE) return;
      after = page.at(-1)!.seq;
    }
  }
}

/** False for a system message that another user or a server caused: its sender is for the table. */
function isWrittenBy(userId: string, { senderId, kind, metadata }: Message): boolean {
  return kind === "system" ? metadata?.by === userId : senderId === userId;
}

function bearsTraceOf(userId: string, message: Message): boolean {
  const { deletedAt, reactions } = message;
  if (isBy(userId, message)) return deletedAt === null;
  return reactions.some(({ userIds }) => userIds.includes(userId));
}

/** A system message has a sender only for its place in the table: it is about other people. */
function isBy(userId: string, { senderId, kind, metadata }: Message): boolean {
  if (kind !== "system" || metadata === null) return senderId === userId;
  return metadata.by === userId || metadata.userIds.includes(userId);
}

function eraseFrom(draft: ChatDraft, message: Message, userId: string, now: number): void {
  if (!bearsTraceOf(userId, message)) return;
  if (isBy(userId, message)) {
    draft.updateMessage(message, tombstone(now));
    return;
  }
  const reactions = message.reactions
    .map(({ emoji, userIds }) => ({ emoji, userIds: userIds.filter((id) => id !== userId) }))
    .filter(({ userIds }) => userIds.length > 0);
  draft.despiteFreeze(() => draft.updateMessage(message, { reactions }));
}
