import * as operations from "../api/operations/calls.ts";
import { bind, type Bound } from "../operations/handler.ts";
import type { Calls } from "./calls.ts";

export function callHandlers(calls: Calls): Bound[] {
  return [
    bind(operations.startCall, ({ userId }, { chatId, call }) => {
      return calls.start(userId, chatId, call);
    }),
    bind(operations.joinCall, ({ userId }, { chatId }) => calls.join(userId, chatId)),
    bind(operations.endCall, ({ userId }, { chatId, call }) => {
      return calls.end(userId, chatId, call);
    }),
  ];
}
