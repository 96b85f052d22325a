import type { ChangesView } from "../../api/views/changes.ts";
import type { HandshakeView } from "../../api/views/handshake.ts";
import type { MessageView } from "../../api/views/message.ts";

/** A Commit, or an encrypted message, at its position in the chat. */
export type Item =
  | { at: number; commit: HandshakeView }
  | { at: number; message: MessageView };

/** Orders messages by the revision that created them, whatever changed them later. */
export function itemsOf(pages: ChangesView[]): Item[] {
  const items = new Map<string, Item>();
  for (const { messages, commits = [] } of pages) {
    for (const commit of commits) items.set(`commit ${commit.rev}`, { at: commit.rev, commit });
    for (const message of messages) {
      if (message.ciphertext === undefined || message.deletedAt !== null) continue;
      items.set(message.id, { at: message.seq, message });
    }
  }
  return [...items.values()].sort((a, b) => a.at - b.at);
}
