import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp } from "../../core/clock.ts";
import type { Chat } from "../../model/chat.ts";
import { CONTACT_AUDIENCES, type ContactRequest } from "../../model/contact.ts";
import type { User } from "../../model/user.ts";
import { chatId, id, mediaId, timestamp, userId } from "../fields.ts";
import { UserView, userView } from "./user.ts";

const audience = lazy(() => z.enum(CONTACT_AUDIENCES));

export const ContactSettingsView = lazy(() =>
  z.object({
    addToGroups: audience().describe("Who may add the person to a group without asking first"),
    write: audience().describe("Who may begin a direct chat with the person without asking first"),
  }).meta({
    id: "ContactSettings",
    description: "`shared`: people who share a chat with the person",
  })
);

const kind = lazy(() => z.enum(["group", "direct"]));

export const SentRequestView = lazy(() =>
  z.object({
    id,
    kind: kind().describe("`group`: an invitation. `direct`: a request to write to the person"),
    userId: userId.describe("The user who receives the request"),
    fromId: userId,
    chatId,
    createdAt: timestamp,
    expiresAt: timestamp,
  }).meta({ id: "SentContactRequest" })
);

export const ReceivedRequestView = lazy(() =>
  SentRequestView().extend({
    from: UserView(),
    chat: z.object({
      name: z.string(),
      description: z.string(),
      avatarMediaId: mediaId.nullable(),
      encrypted: z.boolean(),
      memberCount: z.int(),
    }).describe("The part of the chat that the user may see before accepting"),
    text: z.string().nullable().describe("The beginning of the text of a direct request"),
  }).meta({ id: "ContactRequest" })
);

export const ContactRequestEvent = lazy(() =>
  z.object({
    requestId: id,
    kind: kind(),
    userId,
    fromId: userId,
    chatId,
    state: z.enum(["pending", "accepted", "declined", "withdrawn"]),
  })
);

export type ContactRequestEvent = z.infer<ReturnType<typeof ContactRequestEvent>>;

export function sentRequestView(request: ContactRequest) {
  const { id, kind, userId, fromId, chatId } = request;
  const [createdAt, expiresAt] = [toTimestamp(request.createdAt), toTimestamp(request.expiresAt)];
  return { id, kind, userId, fromId, chatId, createdAt, expiresAt };
}

/** Maximum number of characters of a message in a request. */
const MAX_TEXT = 500;

export function receivedRequestView(
  request: ContactRequest,
  from: User,
  chat: Chat,
  text: string | null,
) {
  const { name, description, avatarMediaId, encrypted, memberCount } = chat;
  return {
    ...sentRequestView(request),
    from: userView(from),
    chat: { name, description, avatarMediaId, encrypted, memberCount },
    text: text && [...text.slice(0, 2 * MAX_TEXT)].slice(0, MAX_TEXT).join(""),
  };
}

export const NotAddedView = lazy(() =>
  z.object({
    userId,
    reason: z.enum(["invited", "rate_limited", "full"]).describe(
      "`invited`: they become a member once they accept. `rate_limited`: too many strangers, or " +
        "too many requests, reach them. `full`: they are in as many chats as they may be",
    ),
    retryAfter: z.int().optional().describe("Seconds, with `rate_limited`"),
  }).meta({ id: "NotAdded" })
);

export type NotAddedView = z.infer<ReturnType<typeof NotAddedView>>;
