import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import type { Message, Reaction, ReactionChange } from "../model/message.ts";
import type { OutboxEvent } from "../model/outbox_entry.ts";
import { tombstone } from "../model/tombstone.ts";
import type { Store } from "../store/store.ts";
import { checkMentionCount, mentionChanges, presentMentions } from "./mentions.ts";
import { checkTextLength } from "./message_sender.ts";

/** What an edit replaces; without `mentions` those of before stay. */
export interface EditedContent {
  text: string;
  mentions?: string[];
}

export interface EditLimits {
  mentions: number;
  textLength: number;
  reactionKinds: number;
  pins: number;
}

type Patch = Partial<Message> | null;

/** Changes one message: it sees the row as the draft has it and answers what to change, or null. */
type Change = (message: Message, draft: ChatDraft) => Patch | Promise<Patch>;

/** What members do to messages that are there. Doing what is done already takes no revision. */
export class MessageEditor {
  constructor(
    private readonly store: Pick<Store, "messages">,
    private readonly writer: ChatWriter,
    private readonly people: ContactPolicy,
    private readonly clock: Clock,
    private readonly limits: EditLimits,
  ) {}

  edit(userId: string, messageId: string, content: EditedContent): Promise<Message> {
    checkTextLength(content.text, this.limits.textLength);
    checkMentionCount(content.mentions, this.limits.mentions);
    return this.#change(userId, messageId, (message, draft) => {
      if (message.senderId !== userId) {
        throw new AppError("forbidden", "Editing the message: only its sender may");
      }
      mustBeThere(message, "Editing");
      if (draft.chat.encrypted) {
        throw new AppError("conflict", "Editing the message: in an encrypted chat, send the edit");
      }
      if (content.text.trim() === "" && message.media.length === 0) {
        throw fieldError(
          "invalid_request",
          "text",
          "text must not be blank: the message has no files",
        );
      }
      const { text, mentions = message.mentions } = content;
      const named = presentMentions(draft, mentions, message.mentions);
      if (message.text === text && areEqual(message.mentions, named)) return null;
      return { text, mentions: named, editedAt: this.clock.now() };
    });
  }

  /** A tombstone keeps place, sender and times; what it said is gone, from search too. */
  async delete(userId: string, messageId: string): Promise<void> {
    await this.#change(userId, messageId, (message, draft) => {
      const may = message.senderId === userId ||
        (draft.chat.kind === "group" && draft.member(userId)!.role !== "member");
      if (!may) throw new AppError("forbidden", "Deleting the message: only its sender may");
      return message.deletedAt === null ? tombstone(this.clock.now()) : null;
    });
  }

  react(userId: string, messageId: string, emoji: string, remove: boolean): Promise<Message> {
    return this.#change(userId, messageId, (message, draft) => {
      mustBeThere(message, "Reacting to");
      if (draft.chat.encrypted) {
        const about = "Reacting to the message: in an encrypted chat, send the reaction";
        throw new AppError("conflict", about);
      }
      const reactions = remove
        ? withoutReaction(message.reactions, emoji, userId)
        : withReaction(message.reactions, emoji, userId);
      // Of a message that has more, from a time when more were allowed, one can be taken back.
      const isNewKind = reactions.length > message.reactions.length;
      if (isNewKind && reactions.length > this.limits.reactionKinds) {
        const about = `Reacting with ${quote(emoji)}: the message has its ` +
          `${this.limits.reactionKinds} kinds of reactions`;
        throw fieldError("conflict", "emoji", about);
      }
      return reactions === message.reactions ? null : { reactions };
    }, { emoji, userId, removed: remove });
  }

  pin(userId: string, messageId: string, unpin: boolean): Promise<Message> {
    return this.#change(userId, messageId, async (message) => {
      mustBeThere(message, "Pinning");
      if (unpin === (message.pinnedAt === null)) return null;
      if (!unpin) await this.#checkPins(message.chatId);
      return { pinnedAt: unpin ? null : this.clock.now() };
    });
  }

  /** `reacted`: the message's sender is notified of it, or no longer. */
  async #change(
    userId: string,
    messageId: string,
    change: Change,
    reacted?: ReactionChange,
  ): Promise<Message> {
    const found = await this.store.messages.byId(messageId);
    if (!found) throw notFound("message", messageId);
    return await this.writer.write(found.chatId, async (draft) => {
      const member = draft.requireMember(userId, "message", messageId);
      const message = await draft.message(messageId) ?? found;
      if (message.seq <= member.hiddenSeq) throw notFound("message", messageId);
      const patch = await change(message, draft);
      // An edit can say anything that a message can; deleting is always allowed.
      if (patch && !patch.deletedAt) {
        await this.people.requireOpen(draft.chat, userId, "Changing the message");
      }
      if (!patch) return message;
      const updated = draft.updateMessage(message, patch, reacted && [reacted]);
      if (reacted) draft.tell(occurrenceOf(messageId, reacted));
      for (const each of mentionChanges(message, updated)) draft.tell(each);
      return updated;
    });
  }

  /** Two pins at the same moment may both pass: the limit is there for the list's sake, not a rule. */
  async #checkPins(chatId: string): Promise<void> {
    const pinned = await this.store.messages.pinned(chatId, this.limits.pins);
    if (pinned.length < this.limits.pins) return;
    throw new AppError(
      "conflict",
      `Pinning the message: the chat has its ${this.limits.pins} pins`,
    );
  }
}

function areEqual(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((id, n) => id === b[n]);
}

function occurrenceOf(
  messageId: string,
  { emoji, userId: actorId, removed }: ReactionChange,
): OutboxEvent {
  return { type: removed ? "unreacted" : "reaction", messageId, actorId, emoji };
}

function mustBeThere(message: Message, action: string): void {
  if (message.deletedAt === null) return;
  throw new AppError("conflict", `${action} the message: it was deleted`);
}

function withReaction(reactions: Reaction[], emoji: string, userId: string): Reaction[] {
  const there = reactions.find((reaction) => reaction.emoji === emoji);
  if (there?.userIds.includes(userId)) return reactions;
  if (!there) return [...reactions, { emoji, userIds: [userId] }];
  return reactions.map((reaction) =>
    reaction === there ? { emoji, userIds: [...there.userIds, userId] } : reaction
  );
}

function withoutReaction(reactions: Reaction[], emoji: string, userId: string): Reaction[] {
  const there = reactions.find((reaction) => reaction.emoji === emoji);
  if (!there?.userIds.includes(userId)) return reactions;
  const userIds = there.userIds.filter((id) => id !== userId);
  return reactions
    .map((reaction) => reaction === there ? { emoji, userIds } : reaction)
    .filter((reaction) => reaction.userIds.length > 0);
}
