import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { DirectChats } from "../chats/direct_chats.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { assertUnfrozen, type Chat } from "../model/chat.ts";
import { visibleTo } from "../model/membership.ts";
import type { CustomData } from "../model/custom_data.ts";
import type { MediaAttachment } from "../model/media_attachment.ts";
import type { Message, MessageKind } from "../model/message.ts";
import { checkMentionCount, presentMentions } from "./mentions.ts";
import { codePoints } from "../api/fields.ts";
import type { AttachmentSource } from "./attachment_source.ts";
import type { MessageScreen, Screened } from "./message_screen.ts";

export interface SendInput {
  chatId?: string;
  recipientId?: string;
  clientId?: string;
  text?: string;
  ciphertext?: string;
  mediaIds?: string[];
  replyTo?: string;
  mentions?: string[];
  custom?: CustomData | null;
  /**
   * The person who made the webhook that sends this: their shadow falls on it, and it posts only
   * while they are a member.
   */
  hookMaker?: string | null;
}

/** Reads the epoch of an encrypted message; throws for a message of another chat, or of no chat. */
export type EpochOfMessage = (
  chatId: string,
  ciphertext: string,
) => { generation: number; epoch: number };

export interface Sent {
  message: Message;
  /** True if an earlier send with the same `clientId` created the message. */
  repeated: boolean;
}

export interface SendLimits {
  textLength: number;
  mentions: number;
  mediaPerMessage: number;
  ciphertextBytes: number;
}

export interface MessageSenderOptions {
  writer: ChatWriter;
  direct: DirectChats;
  contactPolicy: ContactPolicy;
  attachments: AttachmentSource;
  epochOfMessage: EpochOfMessage;
  screen: MessageScreen;
  /** True for a person whose messages only they see. */
  isShadowed(userId: string): boolean;
  clock: Clock;
  limits: SendLimits;
}

/**
 * Sends a message once, however often a client repeats the send: `(chat, sender, clientId)`
 * identifies it, and a repeat, at any time and over any transport, returns the message that the
 * first send created. Only members get that message: for a former member it would be a way to look
 * into the chat.
 */
export class MessageSender {
  constructor(private readonly options: MessageSenderOptions) {}

  async send(senderId: string, input: SendInput): Promise<Sent> {
    this.#checkSize(input);
    if (input.recipientId === senderId) {
      throw fieldError(
        "invalid_request",
        "recipientId",
        "Cannot send: a direct chat takes two people",
      );
    }
    const screened = input.ciphertext === undefined ? this.#screened(senderId, input) : null;
    if (screened === null) return await this.#write(senderId, input);
    const { reported, text, ...changed } = await screened;
    const sent = await this.#write(senderId, {
      ...input,
      ...changed,
      // Files without a text stay without one: an encrypted chat takes none.
      ...(text !== (input.text ?? "") && { text }),
    });
    if (reported.length > 0 && !sent.repeated) {
      await this.options.screen.stored(sent.message, reported);
    }
    return sent;
  }

  /** Null while there are no rules: the usual send waits for nothing. */
  #screened(senderId: string, input: SendInput): Promise<Screened> | null {
    const { screen } = this.options;
    if (!screen.isOn) return null;
    return screen.screen({
      senderId,
      chatId: input.chatId ?? null,
      recipientId: input.recipientId ?? null,
      clientId: input.clientId ?? null,
      messageId: null,
      text: input.text ?? "",
      custom: input.custom ?? null,
      mentions: input.mentions ?? [],
      mediaIds: input.mediaIds ?? [],
      replyTo: input.replyTo ?? null,
    }, (chat) => this.#admit(senderId, input, chat));
  }

  /** Throws what the write would throw by the rules of contact, before its text is shown around. */
  async #admit(
    senderId: string,
    { chatId, recipientId }: SendInput,
    chat: Chat | null,
  ): Promise<void> {
    const { contactPolicy, direct } = this.options;
    if (chat === null) {
      if (recipientId !== undefined) await contactPolicy.requireReachable(senderId, [recipientId]);
      return;
    }
    assertUnfrozen(chat);
    await contactPolicy.requireOpen(chat, senderId, "send");
    // A send by `recipientId` may yet add the other person.
    if (chatId !== undefined || await direct.isAwaited(chat, recipientId!)) requireConsent(chat);
  }

  async #write(senderId: string, input: SendInput): Promise<Sent> {
    let made: { id: string; createdAt: number } | undefined;
    const edit = (draft: ChatDraft) => {
      draft.requireMember(senderId);
      // At once: events leave out a createdAt that is the time of the id. A retry keeps both.
      const { id, createdAt } = made ??= { id: newId(), createdAt: this.options.clock.now() };
      const clientId = input.clientId ?? id;
      const earlier = draft.sent(senderId, clientId);
      if (earlier) return { message: earlier, repeated: true };
      return unlessRepeated(draft, senderId, clientId, () => {
        if (input.hookMaker) requireMaker(draft, input.hookMaker);
        checkContent(draft, input);
        this.#checkEpoch(draft, input);
        const present = { ...input, mentions: presentMentions(draft, input.mentions ?? []) };
        const insert = (media: MediaAttachment[]) => ({
          message: draft.insertMessage({
            id,
            senderId,
            clientId,
            createdAt,
            shadow: this.options.isShadowed(input.hookMaker ?? senderId),
            ...contentOf(present, media),
          }),
          repeated: false,
        });
        // The usual send needs no lookup, and then it does not wait for one.
        if (!input.replyTo && !input.mediaIds?.length && draft.chat.kind === "group") {
          return insert([]);
        }
        return this.#lookUp(draft, senderId, input).then(insert);
      });
    };
    return input.chatId === undefined
      ? await this.options.direct.write(senderId, input.recipientId!, edit)
      : await this.options.writer.write(input.chatId, edit);
  }

  async #lookUp(
    draft: ChatDraft,
    senderId: string,
    input: SendInput,
  ): Promise<MediaAttachment[]> {
    await this.options.contactPolicy.requireOpen(draft.chat, senderId, "send");
    requireConsent(draft.chat);
    if (input.replyTo !== undefined && !await seesMessage(draft, senderId, input.replyTo)) {
      const message = `Cannot reply: there is no message ${quote(input.replyTo)} in this chat`;
      throw fieldError("not_found", "replyTo", message);
    }
    const { mediaIds = [] } = input;
    if (mediaIds.length === 0) return [];
    return await this.options.attachments.attachments(senderId, mediaIds, draft.chat.encrypted);
  }

  /**
   * Accepts only the chat's current epoch: only the members of the group after a Commit can read
   * the messages that follow it. A sender whose message was overtaken by a Commit encrypts it
   * again.
   */
  #checkEpoch({ chat }: ChatDraft, { ciphertext }: SendInput): void {
    if (ciphertext === undefined) return;
    const { generation, epoch } = this.options.epochOfMessage(chat.id, ciphertext);
    if (chat.epoch === 0) {
      throw new AppError(
        "conflict",
        "Cannot send: the chat has no MLS group yet, a Commit creates it",
      );
    }
    if (generation === chat.generation && epoch === chat.epoch) return;
    const label = (group: number, epoch: number | null) => `epoch ${epoch} of group ${group}`;
    const current = label(chat.generation, chat.epoch);
    throw new AppError(
      "stale_epoch",
      `Cannot send: ${label(generation, epoch)} is not current, the chat is at ${current}`,
    );
  }

  #checkSize(input: SendInput): void {
    checkTextLength(input.text ?? "", this.options.limits.textLength, "send");
    // Base64url: four characters for three bytes.
    requireAtMost(
      "send",
      "ciphertext",
      "bytes",
      (input.ciphertext ?? "").length * 0.75,
      this.options.limits.ciphertextBytes,
    );
    requireAtMost(
      "send",
      "mediaIds",
      "files",
      input.mediaIds?.length ?? 0,
      this.options.limits.mediaPerMessage,
    );
    checkMentionCount(input.mentions, this.options.limits.mentions);
  }
}

/**
 * A send that is refused now (a block, a member who left, a new epoch) may have succeeded when it
 * was first tried, so a repeat is looked up before the refusal is thrown. Looking it up only then
 * keeps the usual send to one write.
 */
function unlessRepeated(
  draft: ChatDraft,
  senderId: string,
  clientId: string,
  send: () => Sent | Promise<Sent>,
): Sent | Promise<Sent> {
  const findRepeat = async (refusal: unknown) => {
    const message = await draft.findSent(senderId, clientId);
    if (!message) throw refusal;
    return { message, repeated: true };
  };
  try {
    const sent = send();
    return sent instanceof Promise ? sent.catch(findRepeat) : sent;
  } catch (refusal) {
    return findRepeat(refusal);
  }
}

/**
 * `max` is in code points; they are counted only if the text has more code units than that.
 * `action` is an infinitive, like "send".
 */
export function checkTextLength(text: string, max: number, action: string): void {
  if (text.length > max) requireAtMost(action, "text", "characters", codePoints(text), max);
}

function requireAtMost(
  action: string,
  field: string,
  unit: string,
  count: number,
  max: number,
): void {
  if (count <= max) return;
  const message = `Cannot ${action}: ${field} has ${
    Math.ceil(count)
  } ${unit}, at most ${max} are allowed`;
  throw fieldError("invalid_request", field, message);
}

/** Returns the fields of a new message that the input determines, or that start empty. */
function contentOf(input: SendInput, media: MediaAttachment[]) {
  return {
    kind: kindOf(input),
    text: input.text ?? "",
    ciphertext: input.ciphertext ?? null,
    media,
    replyTo: input.replyTo ?? null,
    mentions: input.mentions ?? [],
    reactions: [],
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    custom: input.custom ?? null,
    metadata: null,
  };
}

function kindOf(input: SendInput): MessageKind {
  if (input.ciphertext !== undefined) return "encrypted";
  return input.mediaIds?.length ? "media" : "text";
}

/** Otherwise a person who was removed from a group would write on by the URL that they know. */
function requireMaker(draft: ChatDraft, makerId: string): void {
  if (draft.member(makerId)) return;
  const message = "Cannot post: the person who made the webhook is no longer a member of the group";
  throw new AppError("forbidden", message);
}

function checkContent(draft: ChatDraft, input: SendInput): void {
  const plain = input.text !== undefined || input.mentions?.length || input.replyTo !== undefined;
  if (draft.chat.encrypted) {
    if (plain) {
      throw fieldError(
        "invalid_request",
        "text",
        "Cannot send: the chat is encrypted and takes only ciphertext",
      );
    }
    if (input.custom) {
      const message = "Cannot send: custom data of an encrypted chat goes into the ciphertext";
      throw fieldError("invalid_request", "custom", message);
    }
    if (input.ciphertext === undefined) {
      throw fieldError(
        "invalid_request",
        "ciphertext",
        "Cannot send: an encrypted chat takes ciphertext",
      );
    }
  } else if (input.ciphertext !== undefined) {
    throw fieldError("invalid_request", "ciphertext", "Cannot send: the chat is not encrypted");
  } else if (input.text === undefined && !input.mediaIds?.length) {
    throw fieldError("invalid_request", "text", "Cannot send: a message needs text or files");
  }
}

/**
 * Throws `forbidden` while the other person of a direct chat has not consented to it, except for
 * one first message that helps them decide. An encrypted chat has no such exception: they could not
 * read the message.
 */
function requireConsent(chat: Readonly<Chat>): void {
  if (chat.kind !== "direct" || chat.memberCount >= 2) return;
  if (chat.lastSeq === 0 && !chat.encrypted) return;
  const message = "Cannot send: the other person has not accepted the request to write to them";
  throw new AppError("forbidden", message);
}

async function seesMessage(draft: ChatDraft, userId: string, messageId: string): Promise<boolean> {
  const [member, message] = [draft.member(userId), await draft.message(messageId)];
  return member !== null && message !== null && visibleTo(member, [message]).length > 0;
}
