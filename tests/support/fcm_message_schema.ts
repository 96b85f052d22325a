import { z } from "zod";

/**
 * The part of FCM's `Message` (reference: REST v1, projects.messages) that the project sends, as
 * strict as Google's parser: it rejects an unknown name at any depth.
 */
const strings = z.record(z.string(), z.string());

const duration = z.string().regex(/^\d+(\.\d{1,9})?s$/)
  .refine((text) => parseFloat(text) <= 2_419_200, "ttl is over four weeks");

const android = z.strictObject({
  collapse_key: z.string().optional(),
  priority: z.enum(["NORMAL", "HIGH"]).optional(),
  ttl: duration.optional(),
  restricted_package_name: z.string().optional(),
  data: strings.optional(),
  notification: z.strictObject({
    title: z.string().optional(),
    body: z.string().optional(),
    icon: z.string().optional(),
    color: z.string().optional(),
    sound: z.string().optional(),
    tag: z.string().optional(),
    click_action: z.string().optional(),
    channel_id: z.string().optional(),
    notification_count: z.int().nonnegative().optional(),
  }).optional(),
});

/**
 * Headers and `aps` keys belong to Apple, and FCM passes them on: these are the ones Apple
 * documents.
 */
const apns = z.strictObject({
  headers: z.strictObject({
    "apns-push-type": z.enum(["alert", "background"]),
    "apns-priority": z.enum(["5", "10"]),
    "apns-expiration": z.string().regex(/^\d+$/).optional(),
    "apns-collapse-id": z.string()
      .refine((id) => new TextEncoder().encode(id).length <= 64, "over 64 bytes").optional(),
  }),
  payload: z.looseObject({
    aps: z.strictObject({
      badge: z.int().nonnegative().optional(),
      sound: z.string().optional(),
      "thread-id": z.string().optional(),
      "content-available": z.literal(1).optional(),
      "mutable-content": z.literal(1).optional(),
    }),
  }),
}).refine(
  ({ headers, payload: { aps } }) =>
    headers["apns-push-type"] !== "background" ||
    (headers["apns-priority"] === "5" && aps["content-available"] === 1 &&
      aps.badge === undefined && aps.sound === undefined),
  "a background push has priority 5 and shows nothing",
);

const webpush = z.strictObject({
  headers: strings.optional(),
  data: strings.optional(),
  notification: z.looseObject({}).optional(),
  fcm_options: z.strictObject({ link: z.string().optional() }).optional(),
});

const RESERVED = /^(from|message_type|google\..*|gcm\..*)$/;

const message = z.strictObject({
  token: z.string().min(1),
  data: strings.refine((data) => !Object.keys(data).some((key) => RESERVED.test(key)), {
    message: "a reserved data key",
  }).optional(),
  notification: z.strictObject({
    title: z.string().optional(),
    body: z.string().optional(),
    image: z.string().optional(),
  }).optional(),
  android: android.optional(),
  apns: apns.optional(),
  webpush: webpush.optional(),
});

export const sendRequest = z.strictObject({
  validate_only: z.boolean().optional(),
  message,
});

export type FcmMessage = z.output<typeof message>;

/** FCM limits the total size of the keys and values that the app receives. */
export function payloadBytes({ data = {}, notification = {} }: FcmMessage): number {
  const parts = [...Object.entries(data), ...Object.entries(notification)].flat();
  return new TextEncoder().encode(parts.join("")).length;
}
