import type { Message } from "../../model/message.ts";
import type { Database } from "./database.ts";
import type { IndexBacklog } from "./index_backlog.ts";
import type { IndexPurge } from "./index_purge.ts";
import { messageText } from "../search_terms.ts";
import { isSearchable, type MessageIndex } from "./message_index.ts";
import { FREE_PLACE, rowidOf } from "./message_rowid.ts";
import { MESSAGES } from "./message_table.ts";

const FIELDS = Object.keys(MESSAGES.kinds) as (keyof Message)[];

const INSERT = `INSERT INTO messages (place, ${FIELDS.join(", ")})
  VALUES (${FREE_PLACE}, ${FIELDS.map((_, i) => `?${i + 2}`).join(", ")})`;

/** The writing half of the messages; runs within the transaction of a commit. */
export class MessageWriter {
  readonly #db: Database;
  readonly #index: MessageIndex;
  readonly #backlog: IndexBacklog;
  readonly #purge: IndexPurge;

  constructor(db: Database, index: MessageIndex, backlog: IndexBacklog, purge: IndexPurge) {
    this.#db = db;
    this.#index = index;
    this.#backlog = backlog;
    this.#purge = purge;
  }

  insert(message: Message): void {
    const place = this.#db.insert(INSERT, rowidOf(message.id), ...MESSAGES.bind(message));
    this.#addMedia(message);
    if (isSearchable(message)) this.#backlog.add(place);
  }

  rewrite(message: Message): void {
    const before = this.#db.get(
      "SELECT place, kind, text, media, deletedAt FROM messages WHERE id = ? AND chatId = ?",
      message.id,
      message.chatId,
    );
    if (before === undefined) {
      throw new Error(`Cannot commit: the updated message ${message.id} is not in its chat`);
    }
    this.#db.run(MESSAGES.update(FIELDS, "id = ?"), ...MESSAGES.bind(message), message.id);
    if (before.media !== "[]") {
      this.#db.run("DELETE FROM message_media WHERE messageId = ?", message.id);
    }
    this.#addMedia(message);
    const was = searchedText({ ...before, media: JSON.parse(String(before.media)) } as Message);
    const is = searchedText(message);
    if (was !== is) this.#reindex(Number(before.place), is !== null);
  }

  remove(id: string, place: number): void {
    this.#db.run("DELETE FROM messages WHERE place = ?", place);
    this.#db.run("DELETE FROM message_media WHERE messageId = ?", id);
    this.#reindex(place, false);
  }

  #addMedia({ id, chatId, media }: Message): void {
    for (const { id: mediaId } of media) {
      this.#db.run(
        "INSERT OR IGNORE INTO message_media (mediaId, messageId, chatId) VALUES (?, ?, ?)",
        mediaId,
        id,
        chatId,
      );
    }
  }

  /** Removed words are no longer found, from this transaction on. */
  #reindex(place: number, isSearchable: boolean): void {
    this.#index.remove(place);
    this.#purge.note();
    if (isSearchable) this.#backlog.add(place);
  }
}

/** Null for a message that cannot be searched. */
function searchedText(message: Pick<Message, "kind" | "deletedAt" | "text" | "media">) {
  return isSearchable(message) ? messageText(message) : null;
}
