import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId, id, timestamp } from "../fields.ts";
import { operation } from "../operation.ts";

const tag = "Calls";

const CallAccess = lazy(() =>
  z.object({
    room: z.string().describe("The id of the chat"),
    livekit: z.object({
      url: z.string().describe("Where the client connects"),
      token: z.string().describe("For the room, in the caller's name"),
      expiresAt: timestamp.describe("Until when the token lets the caller join"),
    }).nullable().describe("Null if LiveKit is not configured"),
    iceServers: z.array(z.object({
      urls: z.array(z.string()),
      username: z.string(),
      credential: z.string(),
    })).describe("For RTCPeerConnection; empty if no TURN server is configured"),
  }).meta({ id: "CallAccess" })
);

export const startCall = operation({
  name: "call.start",
  summary: "Announce a call to the connected members of a chat, and get access to it",
  tag,
  access: "session",
  scope: "calls",
  limit: "join",
  input: () => z.strictObject({ chatId, call: id.optional().describe("Made if left out") }),
  output: () => CallAccess().extend({ call: id }).meta({ id: "StartedCall" }),
  rest: { method: "POST", path: "/chats/:chatId/calls" },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const joinCall = operation({
  name: "call.join",
  summary: "Get access to the calls of a chat",
  tag,
  access: "session",
  scope: "calls",
  limit: "join",
  input: () => z.strictObject({ chatId }),
  output: CallAccess,
  rest: { method: "POST", path: "/chats/:chatId/calls/join" },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const endCall = operation({
  name: "call.end",
  summary: "Announce the end of a call to the connected members of a chat",
  description: "In a group the person who began the call with an id that the server made, the " +
    "owner and admins may.",
  tag,
  access: "session",
  scope: "calls",
  limit: "join",
  input: () => z.strictObject({ chatId, call: id }),
  output: null,
  rest: { method: "POST", path: "/chats/:chatId/calls/end", status: 204 },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});
