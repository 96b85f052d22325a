import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import {
  NOTIFIABLE_KINDS,
  type Notification,
  NOTIFICATION_KINDS,
  type NotificationSettings,
} from "../../model/notification.ts";
import type { PushDevice } from "../../model/push_device.ts";
import { chatId, id, messageId, timestamp, userId } from "../fields.ts";

export const NotificationView = lazy(() =>
  z.object({
    id,
    kind: z.enum(NOTIFICATION_KINDS),
    chatId: chatId.nullable(),
    messageId: messageId.nullable(),
    actorId: userId.nullable().describe("The user who caused it"),
    data: z.record(z.string(), z.string()).describe(
      "`emoji`, `role`, `action`, or `requestId` and `kind`, by kind",
    ),
    createdAt: timestamp,
    readAt: timestamp.nullable(),
  }).meta({ id: "Notification" })
);

export type NotificationView = z.infer<ReturnType<typeof NotificationView>>;

export const NotificationsReadView = lazy(() =>
  z.object({
    notificationIds: z.array(id).nullable().describe("Null: all of them"),
    readAt: timestamp,
    unread: z.int().describe("Number of unread notifications"),
  }).meta({ id: "NotificationsRead" })
);

export const NotificationsRemovedView = lazy(() =>
  z.object({
    notificationIds: z.array(id),
    unread: z.int().describe("Number of unread notifications"),
  }).meta({ id: "NotificationsRemoved" })
);

export const ChatNotificationsEvent = lazy(() =>
  z.object({
    chatId,
    level: z.enum(["all", "mentions", "none"]),
    mutedUntil: timestamp.nullable(),
    muted: z.boolean().describe("True while the chat sends no notifications to the user"),
  }).meta({ id: "ChatNotificationsChanged" })
);

export type NotificationsReadView = z.infer<ReturnType<typeof NotificationsReadView>>;
export type NotificationsRemovedView = z.infer<ReturnType<typeof NotificationsRemovedView>>;
export type ChatNotificationsEvent = z.infer<ReturnType<typeof ChatNotificationsEvent>>;

export function notificationView(notification: Notification): NotificationView {
  const { id, kind, chatId, messageId, actorId, data, createdAt, readAt } = notification;
  return {
    id,
    kind,
    chatId,
    messageId,
    actorId,
    data,
    createdAt: toTimestamp(createdAt),
    readAt: toTimestampOrNull(readAt),
  };
}

const flags = <Kind extends string>(kinds: readonly Kind[]) =>
  Object.fromEntries(kinds.map((kind) => [kind, z.boolean()])) as Record<Kind, z.ZodBoolean>;

export const NotificationKinds = lazy(() =>
  z.object(flags(NOTIFIABLE_KINDS)).meta({
    id: "NotificationKinds",
    description: "Which kinds are on; `message` is about pushes",
  })
);

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

export const QuietHoursView = lazy(() =>
  z.strictObject({
    start: z.string().regex(CLOCK, "must be a time such as 22:00"),
    end: z.string().regex(CLOCK, "must be a time such as 07:00"),
    timeZone: z.string().max(64).refine(isTimeZone, "must be a time zone such as Europe/Berlin"),
  }).meta({ id: "QuietHours", description: "When no push is sent; may span midnight" })
);

export const NotificationSettingsView = lazy(() =>
  z.object({
    kinds: NotificationKinds(),
    quietHours: QuietHoursView().nullable(),
    hideContent: z.boolean().describe("True if pushes leave out the content of messages"),
  }).meta({ id: "NotificationSettings" })
);

export type NotificationSettingsView = z.infer<ReturnType<typeof NotificationSettingsView>>;

export function settingsView(settings: NotificationSettings): NotificationSettingsView {
  const { off, quietHours, hideContent } = settings;
  const kinds = NOTIFIABLE_KINDS.map((kind) => [kind, !off.includes(kind)]);
  return {
    kinds: Object.fromEntries(kinds) as NotificationSettingsView["kinds"],
    quietHours: quietHours && {
      start: clockTime(quietHours.start),
      end: clockTime(quietHours.end),
      timeZone: quietHours.timeZone,
    },
    hideContent,
  };
}

export const PushDeviceView = lazy(() =>
  z.object({
    id,
    kind: z.enum(["fcm", "web"]),
    name: z.string(),
    createdAt: timestamp,
    updatedAt: timestamp.describe("Time of the last registration"),
  }).meta({ id: "PushDevice" })
);

/** Without the address, because any client that has it can send to it. */
export function pushDeviceView({ id, address, name, createdAt, updatedAt }: PushDevice) {
  return {
    id,
    kind: address.kind,
    name,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(updatedAt),
  };
}

/** Converts `22:30` to 1350. */
export function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}

function clockTime(minutes: number): string {
  const pad = (count: number) => String(count).padStart(2, "0");
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
