import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { DirectChats } from "../chats/direct_chats.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Chat } from "../model/chat.ts";
import type { MediaAttachment } from "../model/media_attachment.ts";
import type { Message, MessageKind } from "../model/message.ts";
import { checkMentionCount, presentMentions } from "./mentions.ts";
import { codePoints } from "../api/fields.ts";
import type { AttachmentSource } from "./attachment_source.ts";

export interface SendInput {
  chatId?: string;
  recipientId?: string;
  clientId?: string;
  text?: string;
  ciphertext?: string;
  mediaIds?: string[];
  replyTo?: string;
  mentions?: string[];
}

/** The epoch that an encrypted message was made in; throws for what is none of that chat's. */
export type EpochOfMessage = (
  chatId: string,
  ciphertext: string,
) => { generation: number; epoch: number };

export interface Sent {
  message: Message;
  /** Whether an earlier send of this name made it. */
  repeated: boolean;
}

export interface SendLimits {
  textLength: number;
  mentions: number;
  mediaPerMessage: number;
  ciphertextBytes: number;
}

/**
 * Sends a message once, however often it is asked to: `(chat, sender, clientId)` names the send, and
 * a repeat, at any time and through any door, answers with the message that the first one made. Only
 * to members: of someone who has left, it would be a way to look into the chat.
 */
export class MessageSender {
  constructor(
    private readonly writer: ChatWriter,
    private readonly direct: DirectChats,
    private readonly people: ContactPolicy,
    private readonly attachments: AttachmentSource,
    private readonly epochOfMessage: EpochOfMessage,
    private readonly clock: Clock,
    private readonly limits: SendLimits,
  ) {}

  async send(senderId: string, input: SendInput): Promise<Sent> {
    this.#checkSize(input);
    if (input.recipientId === senderId) {
      throw fieldError("invalid_request", "recipientId", "Sending: a direct chat takes two people");
    }
    const id = newId();
    const clientId = input.clientId ?? id;
    const edit = (draft: ChatDraft) => {
      draft.requireMember(senderId);
      const earlier = draft.sent(senderId, clientId);
      if (earlier) return { message: earlier, repeated: true };
      return unlessRepeated(draft, senderId, clientId, () => {
        checkContent(draft, input);
        this.#checkEpoch(draft, input);
        const present = { ...input, mentions: presentMentions(draft, input.mentions ?? []) };
        const insert = (media: MediaAttachment[]) => ({
          message: draft.insertMessage(this.#newMessage(id, senderId, clientId, present, media)),
          repeated: false,
        });
        // The usual send needs nothing from elsewhere, and then it is not made to wait.
        if (!input.replyTo && !input.mediaIds?.length && draft.chat.kind === "group") {
          return insert([]);
        }
        return this.#lookUp(draft, senderId, input).then(insert);
      });
    };
    return input.chatId === undefined
      ? await this.direct.write(senderId, input.recipientId!, edit)
      : await this.writer.write(input.chatId, edit);
  }

  async #lookUp(
    draft: ChatDraft,
    senderId: string,
    input: SendInput,
  ): Promise<MediaAttachment[]> {
    await this.people.requireOpen(draft.chat, senderId, "Sending");
    requireConsent(draft.chat);
    if (input.replyTo !== undefined && !await seesMessage(draft, senderId, input.replyTo)) {
      const about = `Replying: there is no message ${quote(input.replyTo)} in this chat`;
      throw fieldError("not_found", "replyTo", about);
    }
    const { mediaIds = [] } = input;
    if (mediaIds.length === 0) return [];
    return await this.attachments.attachments(senderId, mediaIds, draft.chat.encrypted);
  }

  /**
   * Only of the chat's current epoch: so what follows on a Commit in the order can be read by just
   * those who are in the group after it. Whose message was overtaken by a Commit encrypts it anew.
   */
  #checkEpoch({ chat }: ChatDraft, { ciphertext }: SendInput): void {
    if (ciphertext === undefined) return;
    const { generation, epoch } = this.epochOfMessage(chat.id, ciphertext);
    if (chat.epoch === 0) {
      throw new AppError("conflict", "Sending: the chat has no MLS group yet, a Commit makes it");
    }
    if (generation === chat.generation && epoch === chat.epoch) return;
    const named = (group: number, of: number | null) => `epoch ${of} of group ${group}`;
    const current = named(chat.generation, chat.epoch);
    throw new AppError(
      "stale_epoch",
      `Cannot send: ${named(generation, epoch)} is not the chat's, ${current}`,
    );
  }

  #newMessage(
    id: string,
    senderId: string,
    clientId: string,
    input: SendInput,
    media: MediaAttachment[],
  ): Omit<Message, "chatId" | "seq" | "rev"> {
    return {
      id,
      senderId,
      clientId,
      kind: kindOf(input),
      text: input.text ?? "",
      ciphertext: input.ciphertext ?? null,
      media,
      replyTo: input.replyTo ?? null,
      mentions: input.mentions ?? [],
      reactions: [],
      createdAt: this.clock.now(),
      editedAt: null,
      deletedAt: null,
      pinnedAt: null,
    };
  }

  #checkSize(input: SendInput): void {
    checkTextLength(input.text ?? "", this.limits.textLength);
    // Base64url: four characters for three bytes.
    atMost(
      "ciphertext",
      "bytes",
      (input.ciphertext ?? "").length * 0.75,
      this.limits.ciphertextBytes,
    );
    atMost("mediaIds", "files", input.mediaIds?.length ?? 0, this.limits.mediaPerMessage);
    checkMentionCount(input.mentions, this.limits.mentions);
  }
}

/**
 * What a send is refused for now (a block, a member who left, a new epoch) may have been in order when
 * it was first tried: a repeat is known before it is refused. Looking only then keeps the usual send
 * to one write.
 */
function unlessRepeated(
  draft: ChatDraft,
  senderId: string,
  clientId: string,
  send: () => Sent | Promise<Sent>,
): Sent | Promise<Sent> {
  const answer = async (refusal: unknown) => {
    const message = await draft.findSent(senderId, clientId);
    if (!message) throw refusal;
    return { message, repeated: true };
  };
  try {
    const sent = send();
    return sent instanceof Promise ? sent.catch(answer) : sent;
  } catch (refusal) {
    return answer(refusal);
  }
}

/** `most` is in code points; they are counted only where there are more code units than that. */
export function checkTextLength(text: string, most: number): void {
  if (text.length > most) atMost("text", "characters", codePoints(text), most);
}

function atMost(field: string, unit: string, count: number, most: number): void {
  if (count <= most) return;
  const about = `Sending: ${field} has ${Math.ceil(count)} ${unit}, at most ${most} are allowed`;
  throw fieldError("invalid_request", field, about);
}

function kindOf(input: SendInput): MessageKind {
  if (input.ciphertext !== undefined) return "encrypted";
  return input.mediaIds?.length ? "media" : "text";
}

function checkContent(draft: ChatDraft, input: SendInput): void {
  const plain = input.text !== undefined || input.mentions?.length || input.replyTo !== undefined;
  if (draft.chat.encrypted) {
    if (plain) throw fieldError("invalid_request", "text", "Sending: the chat is encrypted");
    if (input.ciphertext === undefined) {
      throw fieldError(
        "invalid_request",
        "ciphertext",
        "Sending: an encrypted chat takes ciphertext",
      );
    }
  } else if (input.ciphertext !== undefined) {
    throw fieldError("invalid_request", "ciphertext", "Sending: the chat is not encrypted");
  } else if (input.text === undefined && !input.mediaIds?.length) {
    throw fieldError("invalid_request", "text", "Sending: a message needs text or files");
  }
}

/**
 * While the other person of a direct chat has not consented to it, one message may be there for them to
 * decide by: in an encrypted chat none, since they could not read it.
 */
function requireConsent(chat: Readonly<Chat>): void {
  if (chat.kind !== "direct" || chat.memberCount >= 2) return;
  if (chat.lastSeq === 0 && !chat.encrypted) return;
  const message = "Cannot send: the other person has not accepted the request to write to them";
  throw new AppError("forbidden", message);
}

async function seesMessage(draft: ChatDraft, userId: string, messageId: string): Promise<boolean> {
  const [member, message] = [draft.member(userId), await draft.message(messageId)];
  return member !== null && message !== null && message.seq > member.hiddenSeq;
}
