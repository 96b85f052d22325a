import type { MediaAttachment } from "../../model/media_attachment.ts";
import type { AbandonedGroupStore } from "../abandoned_group_store.ts";
import type { Database } from "./database.ts";
import type { SqliteMediaStore } from "./media.ts";
import type { MessageWriter } from "./message_writer.ts";

/** The condition of the index `chats_abandoned`. */
const ABANDONED = "memberCount = 0 AND kind = 'group' AND name <> ''";

export class SqliteAbandonedGroupStore implements AbandonedGroupStore {
  constructor(
    private readonly db: Database,
    private readonly messages: MessageWriter,
    private readonly media: SqliteMediaStore,
  ) {}

  list(limit: number): Promise<string[]> {
    return this.db.read(() =>
      this.db.all(`SELECT id FROM chats WHERE ${ABANDONED} LIMIT 0 + ?`, limit)
        .map(({ id }) => String(id))
    );
  }

  clear(chatId: string, now: number, limit: number): Promise<boolean> {
    return this.db.write(() => {
      const chat = this.db.get(
        `SELECT avatarMediaId FROM chats WHERE id = ? AND ${ABANDONED}`,
        chatId,
      );
      if (chat === undefined) return true;
      if (this.#deleteMessages(chatId, now, limit) === limit) return false;
      this.#deleteRest(chatId);
      if (chat.avatarMediaId !== null) this.#release(String(chat.avatarMediaId), now);
      return true;
    });
  }

  /** Returns the number of deleted messages. */
  #deleteMessages(chatId: string, now: number, limit: number): number {
    const rows = this.db.all(
      "SELECT id, place, media FROM messages WHERE chatId = ? ORDER BY seq LIMIT 0 + ?",
      chatId,
      limit,
    );
    for (const { id, place, media } of rows) {
      this.messages.remove(String(id), Number(place));
      const attachments = JSON.parse(String(media)) as MediaAttachment[];
      for (const { id: mediaId } of attachments) this.#release(mediaId, now);
    }
    return rows.length;
  }

  #deleteRest(chatId: string): void {
    for (const table of ["handshakes", "group_infos", "welcomes"]) {
      this.db.run(`DELETE FROM ${table} WHERE chatId = ?`, chatId);
    }
    this.db.run(
      `DELETE FROM notifications WHERE chatId = ?1
         AND userId IN (SELECT userId FROM memberships WHERE chatId = ?1)`,
      chatId,
    );
    this.db.run(
      "UPDATE chats SET name = '', description = '', avatarMediaId = NULL, custom = NULL WHERE id = ?",
      chatId,
    );
  }

  #release(mediaId: string, now: number): void {
    this.media.use({ mediaId, by: -1 }, now);
  }
}
