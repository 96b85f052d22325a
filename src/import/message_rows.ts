import type { ChatDraft } from "../chats/chat_draft.ts";
import type { NewMessage } from "../chats/draft_input.ts";
import { sendKey } from "../chats/draft_sends.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { presentMentions } from "../messages/mentions.ts";
import type { SystemMetadata } from "../model/message.ts";
import { tombstone } from "../model/tombstone.ts";
import type { Store } from "../store/store.ts";
import { BoundedMap } from "./bounded_map.ts";
import { clientIdOf } from "./client_id.ts";
import type { IdSequence } from "./id_sequence.ts";
import type { KnownIds } from "./known_ids.ts";
import type { MessageLine, Numbered } from "./lines.ts";
import { checkMessage, type MessageLimits, noSuchReply, notInChat } from "./message_checks.ts";

const MAX_KNOWN = 200_000;

export interface MessageRowsOptions {
  store: Pick<Store, "messages">;
  known: KnownIds;
  ids: IdSequence;
  clock: Clock;
  limits: MessageLimits;
}

/** Turns lines into messages, and finds those that are stored already. */
export class MessageRows {
  /** Ids of messages by chat and external id, for the replies that follow. */
  readonly #written = new BoundedMap<string, string>(MAX_KNOWN);

  constructor(private readonly options: MessageRowsOptions) {}

  remember(chatId: string, externalId: string, messageId: string): void {
    this.#written.set(`${chatId} ${externalId}`, messageId);
  }

  /** Returns the ids of those lines' messages that are stored, by `sendKey`. */
  async stored(
    chatId: string,
    lines: readonly Numbered<MessageLine>[],
  ): Promise<Map<string, string>> {
    const { store, known } = this.options;
    const keys = [];
    for (const { line } of lines) {
      const senderId = await known.person(line.author).catch(() => null);
      if (senderId !== null) keys.push({ senderId, clientId: clientIdOf(line.externalId) });
    }
    const found = await store.messages.bySendKeys(chatId, keys);
    return new Map(found.map(({ id, senderId, clientId }) => [sendKey(senderId, clientId), id]));
  }

  /** `last` is the id of the chat's newest message. Throws an AppError that says what is wrong. */
  async fieldsOf(draft: ChatDraft, line: MessageLine, last: string | null): Promise<NewMessage> {
    const { known, ids } = this.options;
    const senderId = await known.person(line.author);
    this.#check(draft, senderId, line);
    const { text = "", custom, at, editedAt, pinnedAt, deletedAt } = line;
    const fields: NewMessage = {
      id: "",
      senderId,
      clientId: clientIdOf(line.externalId),
      kind: line.system ? "system" : line.media.length > 0 ? "media" : "text",
      text,
      ciphertext: null,
      media: [],
      replyTo: await this.#replied(draft, line),
      mentions: presentMentions(draft, await known.people(line.mentions)),
      reactions: await this.#reactions(line),
      createdAt: at,
      editedAt: editedAt ?? null,
      deletedAt: null,
      pinnedAt: pinnedAt ?? null,
      custom,
      metadata: await this.#metadata(line),
      shadow: false,
      ...(deletedAt !== undefined && tombstone(deletedAt)),
    };
    return { ...fields, id: ids.next(at, last) };
  }

  #check(draft: ChatDraft, senderId: string, line: MessageLine): void {
    if (!draft.member(senderId) && !draft.wasMember(senderId)) throw notInChat(line.author);
    if (draft.chat.encrypted) throw new AppError("conflict", "The chat is encrypted");
    checkMessage(line, this.options.limits, this.options.clock.now());
  }

  /** Returns how many more messages may be pinned in the chat. */
  async freePins(chatId: string, lines: readonly Numbered<MessageLine>[]): Promise<number> {
    const { limits: { pins }, store } = this.options;
    if (lines.every(({ line }) => line.pinnedAt === undefined)) return pins;
    return pins - (await store.messages.pinned(chatId, pins)).length;
  }

  async #reactions({ reactions }: MessageLine) {
    const rows = [];
    for (const { emoji, people } of reactions) {
      if (people.length === 0) continue;
      rows.push({ emoji, userIds: await this.options.known.people(people) });
    }
    return rows;
  }

  async #metadata({ system }: MessageLine): Promise<SystemMetadata | null> {
    if (!system) return null;
    const { type, people, by, name } = system;
    const { known } = this.options;
    const userIds = await known.people(people);
    const byId = by === null ? null : await known.person(by);
    return { type, userIds, by: byId, ...(name !== undefined && { name }) };
  }

  /** The message may have been written by anyone who is or was in the chat. */
  async #replied(draft: ChatDraft, { replyTo }: MessageLine): Promise<string | null> {
    if (replyTo === undefined) return null;
    const chatId = draft.chat.id;
    const known = this.#written.get(`${chatId} ${replyTo}`);
    if (known !== undefined) return known;
    const clientId = clientIdOf(replyTo);
    const keys = [...draft.base.members.keys()].map((userId) => ({ senderId: userId, clientId }));
    const [found] = await this.options.store.messages.bySendKeys(chatId, keys);
    if (!found) throw noSuchReply(replyTo);
    this.remember(chatId, replyTo, found.id);
    return found.id;
  }
}
