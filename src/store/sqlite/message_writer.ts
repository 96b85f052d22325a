import type { Message } from "../../model/message.ts";
import type { AtEnd, Database } from "./database.ts";
import { FREE_PLACE, isSearchable, type MessageIndex, placeOf } from "./message_index.ts";
import { MESSAGES } from "./message_table.ts";

const FIELDS = Object.keys(MESSAGES.kinds) as (keyof Message)[];

const INSERT = `INSERT INTO messages (place, ${FIELDS.join(", ")})
  VALUES (${FREE_PLACE}, ${FIELDS.map((_, i) => `?${i + 2}`).join(", ")})`;

/** The changing half of the messages; works within the transaction of a commit. */
export class MessageWriter {
  readonly #db: Database;
  readonly #index: MessageIndex;

  constructor(db: Database, index: MessageIndex) {
    this.#db = db;
    this.#index = index;
  }

  insert(chatId: string, messages: Message[], atEnd: AtEnd): void {
    if (messages.length === 0) return;
    const places = messages.map((message) =>
      this.#db.insert(INSERT, placeOf(message.id), ...MESSAGES.bind(message))
    );
    for (const message of messages) this.#addMedia(message);
    // FTS5 writes a segment at each savepoint that follows a change of it: one a transaction will do.
    atEnd(() => {
      const chatNumber = this.#index.chatNumber(chatId);
      messages.forEach((message, i) => {
        if (isSearchable(message)) this.#index.add(places[i], chatNumber, message.text);
      });
    });
  }

  rewrite(message: Message, atEnd: AtEnd): void {
    const before = this.#db.get(
      "SELECT place, kind, text, media, deletedAt FROM messages WHERE id = ? AND chatId = ?",
      ...[message.id, message.chatId],
    );
    if (before === undefined) {
      throw new Error(`A commit updates message ${message.id}, which is not in its chat`);
    }
    this.#db.run(MESSAGES.update(FIELDS, "id = ?"), ...MESSAGES.bind(message), message.id);
    if (before.media !== "[]") {
      this.#db.run("DELETE FROM message_media WHERE messageId = ?", message.id);
    }
    this.#addMedia(message);
    const was = isSearchable(before as unknown as Message) ? before.text : null;
    const is = isSearchable(message) ? message.text : null;
    if (was !== is) atEnd(() => this.#reindex(Number(before.place), message.chatId, is));
  }

  #addMedia({ id, chatId, media }: Message): void {
    for (const { id: mediaId } of media) {
      this.#db.run(
        "INSERT OR IGNORE INTO message_media (mediaId, messageId, chatId) VALUES (?, ?, ?)",
        ...[mediaId, id, chatId],
      );
    }
  }

  #reindex(place: number, chatId: string, text: string | null): void {
    this.#index.remove(place);
    if (text !== null) this.#index.add(place, this.#index.chatNumber(chatId), text);
  }
}
