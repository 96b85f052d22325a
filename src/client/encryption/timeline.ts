import type { MessageView } from "../../api/views/message.ts";
import { mayApply, type MessageContent } from "../mls/message_content.ts";
import type { LocalMessage } from "../local_chat.ts";
import type { Model } from "../model.ts";
import type { Reading } from "./plaintexts.ts";

type Effect = {
  content: Exclude<MessageContent, { kind: "message" }>;
  senderId: string;
  at: string;
};

/**
 * Applies encrypted messages to the model. Edits, reactions and deletions are separate messages
 * about another one, which they name by its sender and clientId; they may arrive before it.
 */
export class Timeline {
  /** By chat, and then by the target's name. */
  readonly #effects = new Map<string, Map<string, Map<string, Effect>>>();

  constructor(private readonly model: Model) {}

  show(message: MessageView, reading: Reading): void {
    const { chatId, id } = message;
    if ("fault" in reading) {
      const encrypted = { state: reading.fault, files: [], isShown: true };
      return this.model.patchMessage(chatId, id, { encrypted });
    }
    const { content } = reading;
    if (content.kind === "message") return this.#showMessage(message, content);
    const encrypted = { state: "read" as const, files: [], isShown: false };
    this.model.patchMessage(chatId, id, { encrypted });
    if (!mayApply(content, message.senderId)) return;
    const effect = { content, senderId: message.senderId, at: message.createdAt };
    this.#effectsOn(chatId, nameOf(content.target)).set(id, effect);
    const target = this.find(chatId, content.target);
    if (target) this.#apply(target, effect);
  }

  find(
    chatId: string,
    { senderId, clientId }: { senderId: string; clientId: string },
  ): LocalMessage | undefined {
    const messages = this.model.chat(chatId)?.messages.values() ?? [];
    return [...messages].find((each) =>
      each.senderId === senderId && each.clientId === clientId && each.seq > 0
    );
  }

  forget(chatId: string): void {
    this.#effects.delete(chatId);
  }

  #showMessage(message: MessageView, content: Extract<MessageContent, { kind: "message" }>): void {
    const { chatId, id } = message;
    const replyTo = content.replyTo && this.find(chatId, content.replyTo);
    this.model.patchMessage(chatId, id, {
      text: content.text,
      replyTo: replyTo?.id ?? null,
      mentions: content.mentions ?? [],
      encrypted: { state: "read", files: content.files ?? [], isShown: true },
    });
    for (const effect of this.#effectsOn(chatId, nameOf(message)).values()) {
      const target = this.model.chat(chatId)?.messages.get(id);
      if (target) this.#apply(target, effect);
    }
  }

  #apply(target: LocalMessage, { content, senderId, at }: Effect): void {
    const { chatId, id } = target;
    if (content.kind === "edit") {
      this.model.patchMessage(chatId, id, { text: content.text, editedAt: at });
    } else if (content.kind === "delete") {
      this.model.patchMessage(chatId, id, { text: "", reactions: [], deletedAt: at });
    } else {
      const { emoji, remove = false } = content;
      const reactions = withReaction(target.reactions, emoji, senderId, remove);
      this.model.patchMessage(chatId, id, { reactions });
    }
  }

  #effectsOn(chatId: string, target: string): Map<string, Effect> {
    let chat = this.#effects.get(chatId);
    if (!chat) this.#effects.set(chatId, chat = new Map());
    let effects = chat.get(target);
    if (!effects) chat.set(target, effects = new Map());
    return effects;
  }
}

function nameOf({ senderId, clientId }: { senderId: string; clientId: string }): string {
  return `${senderId} ${clientId}`;
}

type Reactions = LocalMessage["reactions"];

function withReaction(
  reactions: Reactions,
  emoji: string,
  userId: string,
  remove: boolean,
): Reactions {
  const others = reactions.find((each) => each.emoji === emoji)?.userIds
    .filter((id) => id !== userId) ?? [];
  const userIds = remove ? others : [...others, userId];
  const changedTo = { emoji, count: userIds.length, userIds };
  const changed = reactions.some((each) => each.emoji === emoji)
    ? reactions.map((each) => each.emoji === emoji ? changedTo : each)
    : [...reactions, changedTo];
  return changed.filter((each) => each.userIds.length > 0);
}
