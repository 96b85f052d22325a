import type { SQLInputValue } from "node:sqlite";
import type { Message } from "../../model/message.ts";
import type { Database } from "./database.ts";

const TEXTS = `SELECT place, chatId, seq, kind, text, media, deletedAt FROM messages
  WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place DESC`;

/** The part of a message that a search checks. */
export interface MessageText
  extends Pick<Message, "chatId" | "seq" | "kind" | "text" | "media" | "deletedAt"> {
  place: number;
}

/** Reads many places as one value, since a row object for each takes longer than to find it. */
export function readPlaces(db: Database, sql: string, ...values: SQLInputValue[]): number[] {
  const row = db.get(`SELECT json_group_array(place) AS places FROM (${sql})`, ...values);
  return JSON.parse(String(row!.places));
}

/** Reads the texts of those messages that exist, highest place first. */
export function readTexts(db: Database, places: readonly number[]): MessageText[] {
  return db.all(TEXTS, JSON.stringify(places)).map((row) => {
    const media = row.media === "[]" ? [] : JSON.parse(String(row.media));
    return { ...row, media } as MessageText;
  });
}
