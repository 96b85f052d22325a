import { type Clock, toTimestamp } from "../core/clock.ts";
import { bind, type Bound } from "../operations/handler.ts";
import * as operations from "./operations.ts";
import type { Typing } from "./typing.ts";

export function realtimeHandlers(typing: Typing, clock: Clock): Bound[] {
  return [
    bind(operations.startTyping, async ({ userId }, { chatId }) => {
      await typing.start(userId, chatId);
    }),
    bind(operations.stopTyping, async ({ userId }, { chatId }) => {
      await typing.stop(userId, chatId);
    }),
    bind(operations.ping, () => Promise.resolve({ serverTime: toTimestamp(clock.now()) })),
  ];
}
