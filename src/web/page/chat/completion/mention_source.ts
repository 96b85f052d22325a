import { writing } from "../../texts/writing/writing.ts";
import type { CompletionSource } from "./source.ts";

const MAX_ITEMS = 8;

/** Members of a group, after `@`: by the beginning of a word of the name, or of the username. */
export const mentionSource: CompletionSource = {
  trigger: "@",
  title: () => writing.t().mentions,
  find(query, { app: { people }, chat }) {
    if (!chat.isGroup) return [];
    const wanted = query.toLowerCase();
    return chat.members.value
      .filter(({ userId, leftAt }) => leftAt === null && userId !== chat.myId)
      .map(({ userId }) => people.person(userId))
      .filter(({ name, username, blocked }) =>
        username !== "" && !blocked && ` ${name} ${username}`.toLowerCase().includes(` ${wanted}`)
      )
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .slice(0, MAX_ITEMS)
      .map(({ id, name, username, avatarMediaId }) => ({
        key: id,
        label: name,
        detail: `@${username}`,
        face: { id, name, mediaId: avatarMediaId },
        insert: `@${username}`,
      }));
  },
};
