import type { WorkBudget } from "../../core/work_budget.ts";
import { matches, messageText, type QueryTerms } from "../search_terms.ts";
import type { Database } from "./database.ts";
import { isSearchable } from "./message_index.ts";
import { type MessageText, readPlaces, readTexts } from "./message_places.ts";

/** Maximum number of messages, past the position and queued each, that a search reads directly. */
export const MAX_SCANNED = 1_024;
/** Messages read together: less than a millisecond of work. */
const ROWS_AT_ONCE = 64;

// "+": an index by chat would lead through all messages of the chats.
const NEWEST = `SELECT place FROM messages
  WHERE place > ?1 AND place < ?2 AND place >= coalesce(
      (SELECT place FROM messages WHERE place > ?1 ORDER BY place DESC
        LIMIT 1 OFFSET ${MAX_SCANNED - 1}), ?1)
    AND +chatId IN (SELECT value FROM json_each(?3))`;
const QUEUED = `SELECT place FROM messages
  WHERE place IN (SELECT place FROM unindexed ORDER BY place DESC LIMIT ${MAX_SCANNED})
    AND place < ?1 AND +chatId IN (SELECT value FROM json_each(?2))`;

export interface UnindexedScan {
  chatIds: readonly string[];
  query: QueryTerms;
  /** Only messages with a lower place. */
  below: number;
  /** The place up to which messages are in the index. */
  indexedTo: number;
}

/**
 * Finds the matches among the newest messages that wait for the index, by reading their texts. A
 * message indexed in the meantime is found by the index as well, if that is read afterwards.
 */
export async function unindexedMatches(
  db: Database,
  { chatIds, query, below, indexedTo }: UnindexedScan,
  budget: WorkBudget,
): Promise<MessageText[]> {
  const chats = JSON.stringify(chatIds);
  const end = Math.min(below, Number.MAX_SAFE_INTEGER);
  const places = [
    ...readPlaces(db, NEWEST, indexedTo, end, chats),
    ...readPlaces(db, QUEUED, end, chats),
  ];
  const found: MessageText[] = [];
  for (let at = 0; at < places.length; at += ROWS_AT_ONCE) {
    await budget.pause();
    const some = readTexts(db, places.slice(at, at + ROWS_AT_ONCE));
    found.push(...some.filter((message) => isMatch(message, query)));
  }
  return found;
}

/** True if the message matches the query by its text. */
export function isMatch(message: MessageText, query: QueryTerms): boolean {
  return isSearchable(message) && matches(messageText(message), query);
}
