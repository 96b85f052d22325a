import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp } from "../../core/clock.ts";
import { type Chat, type Freeze, HISTORY_RULES } from "../../model/chat.ts";
import { customView } from "../custom_data.ts";
import { chatId, mediaId, timestamp, userId } from "../fields.ts";

export const ChatView = lazy(() =>
  z.object({
    id: chatId,
    kind: z.enum(["direct", "group"]),
    name: z.string().describe("Empty for a direct chat"),
    description: z.string(),
    avatarMediaId: mediaId.nullable(),
    encrypted: z.boolean(),
    epoch: z.int().nullable().describe("The MLS epoch of an encrypted chat"),
    generation: z.int().describe(
      "Number of times that the MLS group of an encrypted chat was restarted",
    ),
    rev: z.int().describe("The head: the chat's last revision"),
    memberCount: z.int(),
    history: z.enum(HISTORY_RULES).describe("What people who join see of the history"),
    createdBy: userId,
    createdAt: timestamp,
    updatedAt: timestamp,
    custom: customView().optional(),
    frozen: z.object({ at: timestamp, reason: z.string() }).optional().describe(
      "Present in a chat that administrators have frozen: nothing can be written there",
    ),
  }).meta({ id: "Chat" })
);

export type ChatView = z.infer<ReturnType<typeof ChatView>>;

export function chatView(chat: Chat): ChatView {
  return {
    id: chat.id,
    kind: chat.kind,
    name: chat.name,
    description: chat.description,
    avatarMediaId: chat.avatarMediaId,
    encrypted: chat.encrypted,
    epoch: chat.epoch,
    generation: chat.generation,
    rev: chat.rev,
    memberCount: chat.memberCount,
    history: chat.history,
    createdBy: chat.createdBy,
    createdAt: toTimestamp(chat.createdAt),
    updatedAt: toTimestamp(chat.updatedAt),
    ...(chat.custom && { custom: chat.custom }),
    ...(chat.frozen && { frozen: freezeView(chat.frozen) }),
  };
}

/** The administrator is not shown to the members. */
function freezeView({ at, reason }: Freeze) {
  return { at: toTimestamp(at), reason };
}
