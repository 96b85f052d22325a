import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import {
  chatId,
  cursor,
  deviceId,
  flag,
  id,
  instant,
  limit,
  line,
  page,
  timestamp,
} from "../fields.ts";
import { operation } from "../operation.ts";
import {
  NotificationKinds,
  NotificationSettingsView,
  NotificationView,
  PushDeviceView,
  QuietHoursView,
} from "../views/notification.ts";

const tag = "Notifications";

export const listNotifications = operation({
  name: "notification.list",
  summary: "What the caller was told of, newest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(NotificationView()).extend({ unread: z.int() }),
  rest: { method: "GET", path: "/notifications" },
});

export const readNotification = operation({
  name: "notification.read",
  summary: "Mark a notification as read",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ notificationId: id }),
  output: NotificationView,
  rest: { method: "PUT", path: "/notifications/:notificationId/read" },
  errors: ["not_found"],
});

export const readAllNotifications = operation({
  name: "notification.readAll",
  summary: "Mark all notifications as read",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({}),
  output: () => z.object({ read: z.int().describe("How many were unread until now") }),
  rest: { method: "PUT", path: "/notifications/read-all" },
});

export const getNotificationSettings = operation({
  name: "notification.settings",
  summary: "What the caller wants to be told of",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: NotificationSettingsView,
  rest: { method: "GET", path: "/notifications/settings" },
});

export const changeNotificationSettings = operation({
  name: "notification.change",
  summary: "Change what the caller wants to be told of; what is left out stays",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      kinds: z.strictObject(NotificationKinds().shape).partial().optional(),
      quietHours: QuietHoursView().nullable().optional(),
      hideContent: flag.optional(),
    }),
  output: NotificationSettingsView,
  rest: { method: "POST", path: "/notifications/settings" },
});

const ChatNotificationsView = lazy(() =>
  z.object({
    chatId,
    level: z.enum(["all", "mentions", "none"]),
    mutedUntil: timestamp.nullable(),
  }).meta({ id: "ChatNotifications" })
);

export const getChatNotifications = operation({
  name: "chat.notifications",
  summary: "What of a chat the caller is told of",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: ChatNotificationsView,
  rest: { method: "GET", path: "/chats/:chatId/notifications" },
  errors: ["not_found"],
});

export const changeChatNotifications = operation({
  name: "chat.notify",
  summary: "Change what of a chat the caller is told of, or mute it for a while",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      chatId,
      level: z.enum(["all", "mentions", "none"]).optional(),
      mutedUntil: instant.nullable().optional(),
    }),
  output: ChatNotificationsView,
  rest: { method: "PUT", path: "/chats/:chatId/notifications" },
  errors: ["not_found"],
});

const key = lazy(() => z.string().regex(/^[A-Za-z0-9_-]{16,128}={0,2}$/, "must be base64url"));
const name = lazy(() =>
  line({ min: 0, max: 100 }).default("").describe("What the person calls the device")
);

export const registerPushDevice = operation({
  name: "push.register",
  summary: "Have pushes sent to this device, until the session ends",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.union([
      z.strictObject({
        token: z.string().regex(/^[\x21-\x7e]{8,4096}$/, "must be a registration token of FCM"),
        name: name(),
      }).meta({ title: "FcmDevice" }),
      z.strictObject({
        endpoint: z.string().max(2048).describe("As PushSubscription.toJSON() gives it"),
        keys: z.strictObject({ p256dh: key(), auth: key() }),
        expirationTime: z.number().nullable().optional().describe("Taken, and not used"),
        name: name(),
      }).meta({ title: "WebPushDevice" }),
    ]),
  output: PushDeviceView,
  rest: { method: "POST", path: "/notifications/devices", status: 201 },
  errors: ["conflict"],
});

export const listPushDevices = operation({
  name: "push.devices",
  summary: "The devices to which the caller's pushes go",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(PushDeviceView()),
  rest: { method: "GET", path: "/notifications/devices" },
});

export const removePushDevice = operation({
  name: "push.remove",
  summary: "Send no more pushes to a device",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ deviceId }),
  output: null,
  rest: { method: "DELETE", path: "/notifications/devices/:deviceId", status: 204 },
  errors: ["not_found"],
});

export const getVapidKey = operation({
  name: "push.vapidKey",
  summary: "The applicationServerKey for a browser's pushManager.subscribe",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () =>
    z.object({ publicKey: z.string().nullable().describe("Null: Web Push is not set up") }),
  rest: { method: "GET", path: "/notifications/vapid-key" },
});
