import type { ChatState } from "../state/chat.ts";
import type { People } from "../state/people.ts";
import { MENTION, type Mentioned } from "../rich_text/rich_text.tsx";

const MAX_MENTIONS = 50;

/** Returns the ids of the members whose usernames the text has after an `@`. */
export function mentionsIn(text: string, chat: ChatState, people: People): string[] {
  const names = new Set([...text.matchAll(MENTION)].map(([, name]) => name.toLowerCase()));
  if (names.size === 0 || !chat.isGroup) return [];
  return chat.members.peek().filter(({ userId, leftAt }) =>
    leftAt === null && userId !== chat.myId &&
    names.has(people.person(userId).username.toLowerCase())
  ).map(({ userId }) => userId).slice(0, MAX_MENTIONS);
}

/** Returns those whom a message mentions, by username. */
export function mentionedIn(mentions: readonly string[], people: People, myId: string): Mentioned {
  return new Map(mentions.map((userId) => {
    const { username, name } = people.person(userId);
    return [username.toLowerCase(), { name, isMe: userId === myId }];
  }));
}
