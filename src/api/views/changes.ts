import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId } from "../fields.ts";
import type { Chat } from "../../model/chat.ts";
import type { Handshake } from "../../model/handshake.ts";
import type { Membership } from "../../model/membership.ts";
import type { Message } from "../../model/message.ts";
import { ChatView, chatView } from "./chat.ts";
import { HandshakeView, handshakeView } from "./handshake.ts";
import { MemberView, memberView } from "./member.ts";
import { MessageView, messageView } from "./message.ts";

/** The rows of one chat that the revisions `(after, rev]` changed, in their current state. */
export interface Changes {
  chatId: string;
  after: number;
  /** The revision up to which the rows are complete: the cursor for the next call. */
  rev: number;
  messages: Message[];
  members: Membership[];
  /** Current number of members, if `members` has rows. */
  memberCount?: number;
  /** Commits of an encrypted chat. */
  commits: Handshake[];
  /** The chat's row, if its fields have changed. */
  chat: Chat | null;
  /** True if the chat has revisions after `rev`. */
  more: boolean;
  /**
   * `after` is past the head, so it belongs to another history: the client must drop its rows of
   * the chat.
   */
  reset?: true;
}

/** Returns changes without rows, for two revisions between which nothing has changed. */
export function noChanges(chatId: string, after: number, rev: number, more = false): Changes {
  return { chatId, after, rev, messages: [], members: [], commits: [], chat: null, more };
}

export const ChangesView = lazy(() =>
  z.object({
    chatId,
    rev: z.int().describe("Everything up to this revision is here: the cursor for the next call"),
    messages: z.array(MessageView()).describe("In order of rev"),
    members: z.array(MemberView()).describe("In order of rev"),
    memberCount: z.int().optional().describe(
      "Current number of members, if a membership has changed",
    ),
    commits: z.array(HandshakeView()).optional()
      .describe("Of an encrypted chat, in order of rev: to be applied in order with the messages"),
    chat: ChatView().optional().describe("If the chat's own fields have changed"),
    more: z.boolean().describe("True if there are changes after `rev`"),
    reset: z.literal(true).optional().describe(
      "The cursor is ahead of the chat: it belongs to another history, as after a restored backup. " +
        "Drop the chat's rows and load it again",
    ),
  }).meta({ id: "Changes" })
);

export type ChangesView = z.infer<ReturnType<typeof ChangesView>>;

/** With `viewerId`, the view of that user; see `messageView`. */
export function changesView(changes: Changes, viewerId?: string): ChangesView {
  return {
    chatId: changes.chatId,
    rev: changes.rev,
    messages: changes.messages.map((message) => messageView(message, viewerId)),
    members: changes.members.map(memberView),
    ...(changes.memberCount !== undefined && { memberCount: changes.memberCount }),
    ...(changes.commits.length > 0 && { commits: changes.commits.map(handshakeView) }),
    ...(changes.chat && { chat: chatView(changes.chat) }),
    more: changes.more,
    ...(changes.reset && { reset: changes.reset }),
  };
}

/** A page of sync; `next` is the chat after which the next page starts. */
export function syncView(
  { items, next }: { items: Changes[]; next: string | null },
  viewerId: string,
) {
  return { items: items.map((changes) => changesView(changes, viewerId)), next };
}
