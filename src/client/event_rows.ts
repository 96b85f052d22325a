import type { ChangesView } from "../api/views/changes.ts";
import type { ServerEvent } from "./events.ts";

/** Returns null for an event that this version does not know; its rows are then fetched. */
export function rowsOf(event: Extract<ServerEvent, { rev: number }>): ChangesView | null {
  const { chatId, rev } = event;
  const rows: ChangesView = { chatId, rev, messages: [], members: [], more: false };
  switch (event.event) {
    case "chat.changes":
      return event.data;
    case "chat.updated":
      return { ...rows, chat: event.data };
    case "member.updated": {
      const { memberCount, ...member } = event.data;
      return { ...rows, members: [member], memberCount };
    }
    case "mls.commit":
      return { ...rows, commits: [event.data] };
    case "message.created":
    case "message.updated":
    case "message.deleted":
      return { ...rows, messages: [event.data] };
    default:
      return null;
  }
}
