import { Server } from "engine.io";
import type { Exchange } from "./exchange.ts";

export type RefusalCode = (typeof Server.errors)[keyof typeof Server.errors];
/** `message` is sent to the client instead of the code's default text. */
export type RefusalContext = { name?: string; message?: string };

export interface Refusal {
  code: RefusalCode;
  context?: RefusalContext;
}

/** Answers with the status and body that clients of `engine.io` expect. */
export function answerRefusal(
  exchange: Exchange,
  code: RefusalCode = Server.errors.BAD_REQUEST,
  context: RefusalContext = {},
): void {
  const status = code === Server.errors.FORBIDDEN ? 403 : 400;
  const message = context.message ?? Server.errorMessages[code];
  exchange.answer(Response.json({ code, message }, { status }));
}
