import { type Clock, toTimestamp } from "../core/clock.ts";
import { Answer, bind, type Bound } from "../operations/handler.ts";
import { usesOfChats } from "../operations/uses_of_chats.ts";
import * as operations from "../api/operations/realtime.ts";
import type { CustomEvents } from "./custom_events.ts";
import { type Presence, statusView } from "./presence.ts";
import type { Typing } from "./typing.ts";

export interface RealtimeServices {
  typing: Typing;
  presence: Presence;
  customEvents: CustomEvents;
  clock: Clock;
}

export function realtimeHandlers(
  { typing, presence, customEvents, clock }: RealtimeServices,
): Bound[] {
  return [
    bind(operations.startTyping, async ({ userId }, { chatId }) => {
      await typing.start(userId, chatId);
    }),
    bind(operations.stopTyping, async ({ userId }, { chatId }) => {
      await typing.stop(userId, chatId);
    }),
    bind(operations.setStatus, async ({ userId }, change) => {
      const { status, chats } = await presence.set(userId, change);
      return new Answer(200, statusView(status), usesOfChats(chats));
    }),
    bind(operations.getStatuses, async (caller, { userIds = [] }) => {
      const requested = userIds.length > 0 ? [...new Set(userIds)] : [caller.userId];
      const statuses = await presence.get(caller.userId, requested);
      return { items: statuses.map(statusView), next: null };
    }),
    bind(operations.sendEvent, async ({ userId }, { data = null, ...event }) => {
      await customEvents.send(userId, { ...event, data });
    }),
    bind(operations.ping, () => Promise.resolve({ serverTime: toTimestamp(clock.now()) })),
  ];
}
