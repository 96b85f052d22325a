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

/** The rows of one chat that the revisions `(after, rev]` touched, as they are now. */
export interface Changes {
  chatId: string;
  after: number;
  /** Up to where the rows are whole: the cursor for the next call. */
  rev: number;
  messages: Message[];
  members: Membership[];
  /** Present members now, where `members` has rows. */
  memberCount?: number;
  /** Of an encrypted chat. */
  commits: Handshake[];
  /** The chat's own row, when its fields were touched. */
  chat: Chat | null;
  /** Whether the head is further on. */
  more: boolean;
  /** `after` is past the head, so it belongs to another history: what the client has is to be dropped. */
  reset?: true;
}

/** That nothing was touched between the two revisions. */
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
      "Present members now, when any membership was touched",
    ),
    commits: z.array(HandshakeView()).optional()
      .describe("Of an encrypted chat, in order of rev: to be taken in order with the messages"),
    chat: ChatView().optional().describe("When the chat's own fields were touched"),
    more: z.boolean().describe("Whether there is more after `rev`"),
    reset: z.literal(true).optional().describe(
      "The cursor is ahead of the chat: it belongs to another history, as after a restored backup. " +
        "Drop the chat's rows and load it anew",
    ),
  }).meta({ id: "Changes" })
);

export type ChangesView = z.infer<ReturnType<typeof ChangesView>>;

/** With `viewerId` as that person sees it; see `messageView`. */
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

/** A page of sync; `next` is the chat after which the next page begins. */
export function syncView(
  { items, next }: { items: Changes[]; next: string | null },
  viewerId: string,
) {
  return { items: items.map((changes) => changesView(changes, viewerId)), next };
}
