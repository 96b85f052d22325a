import { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatState } from "../chats/chat_state.ts";
import { sendKey } from "../chats/draft_sends.ts";
import type { ChatStateCache } from "../chats/chat_state_cache.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { MediaAttachment } from "../model/media_attachment.ts";
import type { Message } from "../model/message.ts";
import type { ChatChange } from "../store/chat_store.ts";
import { DuplicateKey, MediaGone, type Store } from "../store/store.ts";
import { BoundedMap } from "./bounded_map.ts";
import { clientIdOf } from "./client_id.ts";
import { Contention } from "./contention.ts";
import type { ImportedMedia } from "./imported_media.ts";
import type { KnownIds } from "./known_ids.ts";
import type { MessageLine, Numbered } from "./lines.ts";
import type { MessageRows } from "./message_rows.ts";

/** Characters of the texts of one commit, past which it takes no more messages. */
const CHARACTERS_AT_ONCE = 200_000;
const MAX_KNOWN = 200_000;

export interface MessagesImportOptions {
  store: Store;
  states: ChatStateCache;
  known: KnownIds;
  rows: MessageRows;
  media: Pick<ImportedMedia, "attach">;
  clock: Clock;
  /** True if imported messages count as unread for everybody else. */
  unread: boolean;
}

export interface MessagesOutcome {
  made: number;
  existing: number;
  files: number;
  refused: { number: number; error: AppError }[];
}

type Line = Numbered<MessageLine>;

/**
 * Writes messages in the order of the file. They are ordinary messages to everything that reads:
 * history, catch-up, search, media. No notification, push or webhook comes of them.
 */
export class MessagesImport {
  /** Ids of the newest message of each chat. */
  readonly #newest = new BoundedMap<string, string>(MAX_KNOWN);

  constructor(private readonly options: MessagesImportOptions) {}

  /** Writes lines of one chat, usually in one commit. */
  async put(chat: string, lines: readonly Line[]): Promise<MessagesOutcome> {
    const outcome: MessagesOutcome = { made: 0, existing: 0, files: 0, refused: [] };
    let chatId: string;
    try {
      chatId = await this.options.known.chat(chat);
    } catch (error) {
      refuse(outcome, lines, error);
      return outcome;
    }
    for (const part of partsOf(lines)) await this.#putPart(chatId, part, outcome);
    return outcome;
  }

  /**
   * On a database that is far away a large commit never wins against people who write all the time:
   * after two failures it is divided.
   */
  async #putPart(
    chatId: string,
    lines: readonly Line[],
    outcome: MessagesOutcome,
    files = new Map<Line, MediaAttachment[]>(),
  ): Promise<void> {
    const contention = new Contention();
    // Looked up outside the time in which others may write first.
    let stored = await this.options.rows.stored(chatId, lines);
    for (;;) {
      const tried: MessagesOutcome = { made: 0, existing: 0, files: 0, refused: [] };
      const draft = await this.#draft(chatId);
      await this.#insertAll(draft, lines, { files, stored }, tried);
      const result = draft.length > 0 ? await this.#commit(draft, files) : "committed";
      if (result === "committed") return add(outcome, tried);
      if (result === "stored") stored = await this.options.rows.stored(chatId, lines);
      const half = Math.ceil(lines.length / 2);
      if (contention.losses > 0 && half < lines.length) {
        await this.#putPart(chatId, lines.slice(0, half), outcome, files);
        return await this.#putPart(chatId, lines.slice(half), outcome, files);
      }
      await contention.lost();
    }
  }

  async #insertAll(
    draft: ChatDraft,
    lines: readonly Line[],
    { files, stored }: { files: Map<Line, MediaAttachment[]>; stored: Map<string, string> },
    outcome: MessagesOutcome,
  ): Promise<void> {
    const { rows, known } = this.options;
    const chatId = draft.chat.id;
    let freePins = await rows.freePins(chatId, lines);
    for (const each of lines) {
      try {
        const { author, externalId, pinnedAt } = each.line;
        const [senderId, clientId] = [await known.person(author), clientIdOf(externalId)];
        const earlier = stored.get(sendKey(senderId, clientId)) ??
          draft.sent(senderId, clientId)?.id;
        if (earlier !== undefined) {
          rows.remember(chatId, externalId, earlier);
          outcome.existing++;
          continue;
        }
        if (pinnedAt !== undefined && freePins-- <= 0) throw tooManyPins();
        const message = await this.#insert(draft, each, files);
        outcome.made++;
        outcome.files += message.media.length;
      } catch (error) {
        refuse(outcome, [each], error);
      }
    }
  }

  async #insert(
    draft: ChatDraft,
    each: Line,
    files: Map<Line, MediaAttachment[]>,
  ): Promise<Message> {
    const { rows, media } = this.options;
    const chatId = draft.chat.id;
    const { line } = each;
    const fields = await rows.fieldsOf(draft, line, this.#newest.get(chatId) ?? null);
    const sources = line.deletedAt === undefined ? line.media : [];
    const attached = files.get(each) ?? await media.attach(fields.senderId, sources);
    files.set(each, attached);
    const message = draft.insertMessage({ ...fields, media: attached });
    rows.remember(chatId, line.externalId, message.id);
    this.#newest.set(chatId, message.id);
    return message;
  }

  /** Reads at once what it needs: the shorter it takes, the seldomer others write first. */
  async #draft(chatId: string): Promise<ChatDraft> {
    const { store, states, clock } = this.options;
    const readNewest = () => store.messages.newest([chatId]);
    const [{ state }, before] = await Promise.all([states.get(chatId), readNewest()]);
    if (!state) throw new AppError("not_found", "The chat was deleted meanwhile");
    const isOlder = (before[0]?.seq ?? 0) < state.chat.lastSeq;
    const [newest] = isOlder ? await readNewest() : before;
    if (newest) this.#newest.set(chatId, newest.id);
    return new ChatDraft(state, store.messages, { now: clock.now() });
  }

  /** `"stored"`: another run has stored some of it. */
  async #commit(
    draft: ChatDraft,
    files: Map<Line, MediaAttachment[]>,
  ): Promise<"committed" | "stale" | "stored"> {
    const { store, states } = this.options;
    const { change, state } = this.#changeOf(draft);
    try {
      if (await store.chats.commit(change) === "committed") {
        states.set(state);
        return "committed";
      }
    } catch (error) {
      const isRepeatable = error instanceof DuplicateKey || error instanceof MediaGone;
      if (!isRepeatable) throw error;
      states.forget(draft.chat.id);
      if (error instanceof DuplicateKey) return "stored";
      files.clear();
      return "stale";
    }
    states.forget(draft.chat.id);
    return "stale";
  }

  /** As a send would write it, without its notifications, and read by all unless told otherwise. */
  #changeOf(draft: ChatDraft): { change: ChatChange; state: ChatState } {
    const { outbox: _, ...change } = draft.toChange();
    const times = change.inserted.map(({ createdAt }) => createdAt);
    const lastActivityAt = Math.max(draft.base.chat.lastActivityAt, ...times);
    const chat = { ...change.chat, lastActivityAt };
    const { lastSeq } = chat;
    const readUpTo = this.options.unread
      ? lastSent(change.inserted)
      : new Map(draft.presentMembers().map(({ userId }) => [userId, lastSeq]));
    const reads = [...readUpTo].map(([userId, seq]) => ({ userId, seq, before: seq }));
    return {
      change: { ...change, chat, reads },
      state: { ...draft.toState(), chat },
    };
  }
}

function add(outcome: MessagesOutcome, part: MessagesOutcome): void {
  outcome.made += part.made;
  outcome.existing += part.existing;
  outcome.files += part.files;
  outcome.refused.push(...part.refused);
}

function* partsOf(lines: readonly Line[]): Generator<Line[]> {
  let part: Line[] = [], characters = 0;
  for (const each of lines) {
    part.push(each);
    characters += each.line.text?.length ?? 0;
    if (characters < CHARACTERS_AT_ONCE) continue;
    yield part;
    [part, characters] = [[], 0];
  }
  if (part.length > 0) yield part;
}

/** The sender of a message has read everything before it. */
function lastSent(messages: readonly Message[]): Map<string, number> {
  const people = messages.filter(({ kind }) => kind !== "system");
  return new Map(people.map(({ senderId, seq }) => [senderId, seq]));
}

function tooManyPins(): AppError {
  return new AppError("conflict", "pinnedAt: the chat has the maximum number of pinned messages");
}

function refuse(outcome: MessagesOutcome, lines: readonly Line[], error: unknown): void {
  if (!(error instanceof AppError) || error.code === "unavailable") throw error;
  for (const { number } of lines) outcome.refused.push({ number, error });
}
