import type { Chat } from "../model/chat.ts";
import type { Message } from "../model/message.ts";
import type { MediaUse } from "../store/chat_store.ts";

/**
 * Returns the change in the number of rows that refer to each upload; unchanged uploads are left
 * out.
 */
export function mediaUses(
  chatBefore: Chat,
  chat: Chat,
  messages: readonly Message[],
  before: ReadonlyMap<string, Message>,
): MediaUse[] {
  const uses = new Map<string, number>();
  const count = (mediaId: string, by: number) => uses.set(mediaId, (uses.get(mediaId) ?? 0) + by);
  for (const message of messages) {
    for (const { id } of message.media) count(id, 1);
    for (const { id } of before.get(message.id)?.media ?? []) count(id, -1);
  }
  if (chat.avatarMediaId !== null) count(chat.avatarMediaId, 1);
  if (chatBefore.avatarMediaId !== null) count(chatBefore.avatarMediaId, -1);
  return [...uses].filter(([, by]) => by !== 0).map(([mediaId, by]) => ({ mediaId, by }));
}
