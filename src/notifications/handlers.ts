import { toTimestampOrNull } from "../core/clock.ts";
import type { Membership } from "../model/membership.ts";
import { bind, type Bound } from "../operations/handler.ts";
import {
  minutesOf,
  notificationView,
  pushDeviceView,
  settingsView,
} from "../api/views/notification.ts";
import type { NotificationServices } from "./create_notifications.ts";
import * as operations from "../api/operations/notifications.ts";

export function notificationHandlers(services: NotificationServices): Bound[] {
  return [...inApp(services), ...settings(services), ...devices(services)];
}

function inApp({ notifications }: NotificationServices): Bound[] {
  return [
    bind(operations.listNotifications, async ({ userId }, { limit, cursor }) => {
      const { items, next, unread } = await notifications.page(userId, limit, cursor);
      return { items: items.map(notificationView), next, unread };
    }),
    bind(operations.readNotification, async ({ userId }, { notificationId }) => {
      return notificationView(await notifications.markRead(userId, notificationId));
    }),
    bind(operations.readAllNotifications, async ({ userId }) => {
      return { read: await notifications.markAllRead(userId) };
    }),
  ];
}

function settings({ notifications }: NotificationServices): Bound[] {
  return [
    bind(operations.getNotificationSettings, async ({ userId }) => {
      return settingsView(await notifications.settings(userId));
    }),
    bind(operations.changeNotificationSettings, async ({ userId }, { quietHours, ...patch }) => {
      const hours = quietHours && {
        start: minutesOf(quietHours.start),
        end: minutesOf(quietHours.end),
        timeZone: quietHours.timeZone,
      };
      return settingsView(await notifications.change(userId, { ...patch, quietHours: hours }));
    }),
    bind(operations.getChatNotifications, async ({ userId }, { chatId }) => {
      return chatView(await notifications.ofChat(userId, chatId));
    }),
    bind(operations.changeChatNotifications, async ({ userId }, { chatId, ...patch }) => {
      return chatView(await notifications.changeChat(userId, chatId, patch));
    }),
  ];
}

function devices({ devices, vapidKey }: NotificationServices): Bound[] {
  return [
    bind(operations.registerPushDevice, async (caller, input) => {
      const address = "token" in input
        ? { kind: "fcm" as const, token: input.token }
        : { kind: "web" as const, endpoint: input.endpoint, ...input.keys };
      return pushDeviceView(await devices.register(caller, address, input.name));
    }),
    bind(operations.listPushDevices, async ({ userId }) => {
      return { items: (await devices.list(userId)).map(pushDeviceView), next: null };
    }),
    bind(operations.removePushDevice, async ({ userId }, { deviceId }) => {
      await devices.remove(userId, deviceId);
    }),
    bind(operations.getVapidKey, () => Promise.resolve({ publicKey: vapidKey })),
  ];
}

function chatView({ chatId, notify: level, mutedUntil }: Membership) {
  return { chatId, level, mutedUntil: toTimestampOrNull(mutedUntil) };
}
