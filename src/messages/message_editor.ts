import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { assertUnfrozen } from "../model/chat.ts";
import { type CustomData, isSameCustom } from "../model/custom_data.ts";
import { visibleTo } from "../model/membership.ts";
import type { Message, Reaction, ReactionChange } from "../model/message.ts";
import type { OutboxEvent } from "../model/outbox_entry.ts";
import { tombstone } from "../model/tombstone.ts";
import type { Store } from "../store/store.ts";
import { checkMentionCount, mentionChanges, presentMentions } from "./mentions.ts";
import type { MessageScreen, Screened } from "./message_screen.ts";
import { checkTextLength } from "./message_sender.ts";

/** Content that an edit replaces; what is left out stays. */
export interface EditedContent {
  text?: string;
  mentions?: string[];
  custom?: CustomData | null;
}

export interface EditLimits {
  mentions: number;
  textLength: number;
  reactionKinds: number;
  pins: number;
}

export interface MessageEditorOptions {
  store: Pick<Store, "messages">;
  writer: ChatWriter;
  contactPolicy: ContactPolicy;
  screen: MessageScreen;
  /** True for a person whose messages only they see. */
  isShadowed(userId: string): boolean;
  clock: Clock;
  limits: EditLimits;
}

type Patch = Partial<Message> | null;

/**
 * Changes one message: gets the row as the draft has it and returns the patch, or null for no
 * change.
 */
type Change = (message: Message, draft: ChatDraft) => Patch | Promise<Patch>;

/** Changes to existing messages by members. A change without effect takes no revision. */
export class MessageEditor {
  constructor(private readonly options: MessageEditorOptions) {}

  async edit(userId: string, messageId: string, content: EditedContent): Promise<Message> {
    checkTextLength(content.text ?? "", this.options.limits.textLength, "edit");
    checkMentionCount(content.mentions, this.options.limits.mentions);
    const screened = await this.#screened(userId, messageId, content);
    if (screened === null) return await this.#rewrite(userId, messageId, content);
    const { reported, ...changed } = screened;
    const message = await this.#rewrite(userId, messageId, { ...content, ...changed });
    if (reported.length > 0) await this.options.screen.stored(message, reported);
    return message;
  }

  /** Returns null if there are no rules, or nothing new to apply them to. */
  async #screened(
    userId: string,
    messageId: string,
    content: EditedContent,
  ): Promise<Screened | null> {
    const { screen, store, contactPolicy } = this.options;
    if (!screen.isOn) return null;
    const found = await store.messages.byId(messageId);
    const isOwn = found?.senderId === userId && found.deletedAt === null;
    if (!isOwn || found.kind === "encrypted") return null;
    const { text = found.text, mentions = found.mentions, custom = found.custom } = content;
    if (found.text === text && isSameCustom(found.custom, custom)) return null;
    return await screen.screen({
      senderId: userId,
      chatId: found.chatId,
      recipientId: null,
      clientId: null,
      messageId,
      text,
      custom,
      mentions,
      mediaIds: found.media.map(({ id }) => id),
      replyTo: found.replyTo,
    }, async (chat) => {
      if (chat === null) return;
      assertUnfrozen(chat);
      await contactPolicy.requireOpen(chat, userId, "change the message");
    });
  }

  #rewrite(userId: string, messageId: string, content: EditedContent): Promise<Message> {
    return this.#change(userId, messageId, (message, draft) => {
      if (message.senderId !== userId) {
        throw new AppError("forbidden", "Cannot edit the message: only its sender may");
      }
      requireNotDeleted(message, "edit");
      if (message.kind === "system") {
        throw new AppError("conflict", "Cannot edit the message: it is a report of the system");
      }
      if (draft.chat.encrypted) {
        throw new AppError(
          "conflict",
          "Cannot edit the message: in an encrypted chat, send the edit as a message",
        );
      }
      const { text = message.text, mentions = message.mentions, custom = message.custom } = content;
      if (text.trim() === "" && message.media.length === 0) {
        throw fieldError(
          "invalid_request",
          "text",
          "Cannot edit the message: its text must not be blank, since it has no files",
        );
      }
      const named = presentMentions(draft, mentions, message.mentions);
      const isSameText = message.text === text && areEqual(message.mentions, named);
      if (isSameText && isSameCustom(message.custom, custom)) return null;
      if (isSameText) return { custom };
      return { text, mentions: named, custom, editedAt: this.options.clock.now() };
    });
  }

  /**
   * Leaves a tombstone, which keeps place, sender and times; the content is gone, from search too.
   */
  async delete(userId: string, messageId: string): Promise<void> {
    await this.#change(userId, messageId, (message, draft) => {
      const may = (message.senderId === userId && message.kind !== "system") ||
        (draft.chat.kind === "group" && draft.member(userId)!.role !== "member");
      if (!may) throw new AppError("forbidden", "Cannot delete the message: only its sender may");
      return message.deletedAt === null ? tombstone(this.options.clock.now()) : null;
    });
  }

  react(userId: string, messageId: string, emoji: string, remove: boolean): Promise<Message> {
    return this.#change(userId, messageId, (message, draft) => {
      requireNotDeleted(message, "react to");
      if (draft.chat.encrypted) {
        const message =
          "Cannot react to the message: in an encrypted chat, send the reaction as a message";
        throw new AppError("conflict", message);
      }
      const reactions = remove
        ? withoutReaction(message.reactions, emoji, userId)
        : withReaction(message.reactions, emoji, userId);
      // A message may have more kinds, from a time when more were allowed: removing one stays
      // possible.
      const isNewKind = reactions.length > message.reactions.length;
      if (isNewKind && reactions.length > this.options.limits.reactionKinds) {
        const message = `Cannot react with ${quote(emoji)}: the message already has ` +
          `${this.options.limits.reactionKinds} kinds of reactions, the maximum`;
        throw fieldError("conflict", "emoji", message);
      }
      return reactions === message.reactions ? null : { reactions };
    }, { emoji, userId, removed: remove });
  }

  pin(userId: string, messageId: string, unpin: boolean): Promise<Message> {
    return this.#change(userId, messageId, async (message, draft) => {
      requireNotDeleted(message, "pin");
      if (unpin === (message.pinnedAt === null)) return null;
      if (!unpin) await this.#checkPins(draft);
      return { pinnedAt: unpin ? null : this.options.clock.now() };
    });
  }

  /**
   * `reacted` is given for a reaction: its event notifies the message's sender, or withdraws that
   * notification.
   */
  async #change(
    userId: string,
    messageId: string,
    change: Change,
    reacted?: ReactionChange,
  ): Promise<Message> {
    const found = await this.options.store.messages.byId(messageId);
    if (!found) throw notFound("message", messageId);
    return await this.options.writer.write(found.chatId, async (draft) => {
      const member = draft.requireMember(userId, "message", messageId);
      const message = await draft.message(messageId) ?? found;
      if (visibleTo(member, [message]).length === 0) throw notFound("message", messageId);
      const patch = await change(message, draft);
      // An edit can say anything that a message can, so blocks apply to it; deleting is always
      // allowed.
      if (patch && !patch.deletedAt) {
        await this.options.contactPolicy.requireOpen(draft.chat, userId, "change the message");
      }
      if (!patch) return message;
      if (!patch.deletedAt && this.#isPretended(userId, message, patch)) {
        return { ...message, ...patch };
      }
      const updated = draft.updateMessage(message, patch, reacted && [reacted]);
      if (updated.shadow) return updated;
      if (reacted) draft.notify(reactionEvent(messageId, reacted));
      for (const each of mentionChanges(message, updated)) draft.notify(each);
      return updated;
    });
  }

  /**
   * To a shadowed person a change of what others see looks done, and leaves no trace. A pin of a
   * shadowed message would take one of the pins of the chat.
   */
  #isPretended(userId: string, message: Message, patch: Partial<Message>): boolean {
    return message.shadow ? patch.pinnedAt !== undefined : this.options.isShadowed(userId);
  }

  async #checkPins(draft: ChatDraft): Promise<void> {
    const { pins } = this.options.limits;
    if (await draft.countPins(pins) < pins) return;
    const message = `Cannot pin the message: the chat already has ${pins} pins, the maximum`;
    throw new AppError("conflict", message);
  }
}

function areEqual(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((id, n) => id === b[n]);
}

function reactionEvent(
  messageId: string,
  { emoji, userId: actorId, removed }: ReactionChange,
): OutboxEvent {
  return { type: removed ? "unreacted" : "reaction", messageId, actorId, emoji };
}

function requireNotDeleted(message: Message, action: string): void {
  if (message.deletedAt === null) return;
  throw new AppError("conflict", `Cannot ${action} the message: it was deleted`);
}

function withReaction(reactions: Reaction[], emoji: string, userId: string): Reaction[] {
  const existing = reactions.find((reaction) => reaction.emoji === emoji);
  if (existing?.userIds.includes(userId)) return reactions;
  if (!existing) return [...reactions, { emoji, userIds: [userId] }];
  return reactions.map((reaction) =>
    reaction === existing ? { emoji, userIds: [...existing.userIds, userId] } : reaction
  );
}

function withoutReaction(reactions: Reaction[], emoji: string, userId: string): Reaction[] {
  const existing = reactions.find((reaction) => reaction.emoji === emoji);
  if (!existing?.userIds.includes(userId)) return reactions;
  const userIds = existing.userIds.filter((id) => id !== userId);
  return reactions
    .map((reaction) => reaction === existing ? { emoji, userIds } : reaction)
    .filter((reaction) => reaction.userIds.length > 0);
}
