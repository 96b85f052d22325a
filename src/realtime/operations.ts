import { z } from "zod";
import { chatId, timestamp } from "../operations/fields.ts";
import { operation } from "../operations/operation.ts";

const tag = "Realtime";

export const startTyping = operation({
  name: "typing.start",
  summary: "Tell the chat that the caller is writing; repeat it every few seconds",
  tag,
  access: "session",
  limit: "signal",
  input: z.strictObject({ chatId }),
  output: null,
  socket: true,
  errors: ["not_found"],
});

export const stopTyping = operation({
  name: "typing.stop",
  summary: "Tell the chat that the caller has stopped writing",
  tag,
  access: "session",
  limit: "signal",
  input: z.strictObject({ chatId }),
  output: null,
  socket: true,
  errors: ["not_found"],
});

export const ping = operation({
  name: "ping",
  summary: "Ask whether the connection is alive",
  tag,
  access: "session",
  limit: "signal",
  input: z.strictObject({}),
  output: z.object({ serverTime: timestamp }),
  socket: true,
});
