import type { Message } from "../../model/message.ts";
import type { RevisionRange } from "../message_store.ts";
import type { Database } from "./database.ts";
import { MESSAGES } from "./message_table.ts";

/** Revisions read at once: a chat in which most messages were edited has few others to return. */
const WINDOW_REVS = 1_000;

/**
 * Messages whose latest change is in a range of revisions. A message that was never changed has its
 * `seq` as its revision, and needs no entry in an index of revisions, which a send would have to
 * write; `messages_changed` has the others.
 */
const CHANGED = `
  SELECT ${MESSAGES.columns}, seq AS at FROM messages
    WHERE chatId = ?1 AND seq > ?2 AND seq <= ?3 AND rev = seq
  UNION ALL
  SELECT ${MESSAGES.columns}, rev FROM messages
    WHERE chatId = ?1 AND rev > ?2 AND rev <= ?3 AND rev <> seq
  ORDER BY at LIMIT 0 + ?4`;
const NEXT_REV = `SELECT min(
  coalesce((SELECT min(seq) FROM messages WHERE chatId = ?1 AND seq > ?2), ?3),
  coalesce((SELECT min(rev) FROM messages WHERE chatId = ?1 AND rev > ?2 AND rev <> seq), ?3)
) AS rev`;

/** Returns the messages of the range in order of revision, at most `limit`. */
export async function changedMessages(
  db: Database,
  { chatId, after, maxRev }: RevisionRange,
  limit: number,
): Promise<Message[]> {
  const rows: Message[] = [];
  for (let from = after; from < maxRev && rows.length < limit;) {
    from = await db.read(() => {
      const to = Math.min(from + WINDOW_REVS, maxRev);
      const found = db.all(CHANGED, chatId, from, to, limit - rows.length);
      for (const raw of found) rows.push(MESSAGES.decode(raw));
      if (to === maxRev || rows.length === limit) return maxRev;
      return Number(db.get(NEXT_REV, chatId, to, maxRev)!.rev) - 1;
    });
  }
  return rows;
}
