/** Chats that one use of a rate limit pays for: some 2 ms of work. */
const CHATS_PER_USE = 100;

/** Further uses of its limit that a request counts as whose work grew with the caller's chats. */
export function usesOfChats(chats: number): number {
  return Math.floor(chats / CHATS_PER_USE);
}
