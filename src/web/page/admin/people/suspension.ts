import type { ChatClient } from "../../../../client/mod.ts";

export interface Suspension {
  reason: string;
  /** Null: until it is lifted. */
  until: string | null;
}

const PAGE = 100;
/** Pages of the audit log that are read to find the last decision. */
const MAX_PAGES = 10;

/**
 * Returns the suspension of an account, or null if it is not suspended. No operation shows it; the newest
 * entry of the audit log about it does.
 */
export async function suspensionOf(
  client: ChatClient,
  userId: string,
  now = Date.now(),
): Promise<Suspension | null> {
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { items, next } = await client.call("audit.all", { userId, cursor, limit: PAGE });
    const last = items.find((entry) => {
      return entry.userId === userId && /^user\.(un)?suspended$/.test(entry.action);
    });
    if (last?.action === "user.unsuspended") return null;
    if (last) {
      const { reason = "", until } = last.details;
      const isOver = until !== undefined && Date.parse(until) <= now;
      return isOver ? null : { reason, until: until ?? null };
    }
    if (next === null) return null;
    cursor = next;
  }
  return null;
}
