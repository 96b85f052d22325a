import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId, line, page, timestamp, userId } from "../fields.ts";
import { customInput, customView } from "../custom_data.ts";
import { operation } from "../operation.ts";

const tag = "Realtime";

export const startTyping = operation({
  name: "typing.start",
  summary: "Tell the chat that the caller is writing; repeat it every few seconds",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "signal",
  input: () => z.strictObject({ chatId }),
  output: null,
  socket: true,
  errors: ["chat_frozen", "not_found"],
});

export const stopTyping = operation({
  name: "typing.stop",
  summary: "Tell the chat that the caller has stopped writing",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "signal",
  input: () => z.strictObject({ chatId }),
  output: null,
  socket: true,
  errors: ["not_found"],
});

export const CustomEventView = lazy(() =>
  z.object({
    fromId: userId.describe("The user who sent it; the server vouches for it"),
    type: z.string(),
    data: customView(),
  }).meta({ id: "CustomEvent" })
);

export const sendEvent = operation({
  name: "event.send",
  summary: "Send an event of your application to those who are connected; it is not stored",
  description: "To the connected members of a chat, the caller included, or to one person who " +
    "shares a chat with the caller. It arrives as the event `custom`.",
  tag,
  access: "session",
  scope: "events:write",
  limit: "event",
  input: () =>
    z.strictObject({
      chatId: chatId.optional(),
      userId: userId.optional(),
      type: z.string().regex(
        /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/,
        "must be 1 to 64 letters, digits or the characters _ . : -, beginning with a letter",
      ),
      data: customInput().optional(),
    }).refine((input) => (input.chatId === undefined) !== (input.userId === undefined), {
      message: "must name either chatId or userId",
    }),
  forms: {
    EventToChat: { requires: ["chatId"], excludes: ["userId"] },
    EventToUser: { requires: ["userId"], excludes: ["chatId"] },
  },
  output: null,
  rest: { method: "POST", path: "/events", status: 204 },
  socket: true,
  errors: ["chat_frozen", "not_found"],
});

export const ping = operation({
  name: "ping",
  summary: "Ask whether the connection is alive",
  tag,
  access: "session",
  limit: "signal",
  input: () => z.strictObject({}),
  output: () => z.object({ serverTime: timestamp }),
  socket: true,
});

const StatusView = lazy(() =>
  z.object({
    userId,
    state: z.enum(["online", "away", "busy", "offline", "invisible"])
      .describe("`invisible` is seen by the person alone; others see `offline`"),
    text: z.string().describe("What the person wrote to it; empty when they are offline"),
    lastSeenAt: timestamp.nullable().describe("When they last left; null when they hide it"),
  }).meta({ id: "Status" })
);

export const setStatus = operation({
  name: "presence.set",
  summary: "Choose what others see while the caller is connected",
  description: "Every 100 chats count as one more use of the limit.",
  tag,
  access: "session",
  limit: "signal",
  input: () =>
    z.strictObject({
      state: z.enum(["online", "away", "busy", "invisible"]),
      text: line({ min: 0, max: 140 }).optional().describe("Left as it is when not given"),
    }),
  output: StatusView,
  rest: { method: "PUT", path: "/users/status" },
  socket: true,
});

/** Maximum number of users in one request. */
const MAX_USERS = 100;

export const getStatuses = operation({
  name: "presence.get",
  summary: "Who is there, as far as they let the caller see it; the caller if nobody is named",
  tag,
  access: "session",
  limit: "read",
  input: () =>
    z.strictObject({
      userIds: z.array(userId).max(MAX_USERS).optional()
        .describe("Separated by commas; the caller if left out"),
    }),
  output: () => page(StatusView()),
  rest: { method: "GET", path: "/users/status" },
  socket: true,
});
