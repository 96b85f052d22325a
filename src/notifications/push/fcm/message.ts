import type { Push } from "../sender.ts";
import { webPushTopic } from "../topic.ts";

/** The SDK's `Message`, which is not imported because its package is loaded on first use. */
export interface FcmMessage {
  token: string;
  data: Readonly<Record<string, string>>;
  [option: string]: unknown;
}

/**
 * Converts a push to the argument of the SDK's `send`, with the options of each platform that the
 * token may belong to.
 */
export async function fcmMessage(token: string, push: Push, now: number): Promise<FcmMessage> {
  return {
    token,
    data: push.data,
    ...(push.alert && { notification: push.alert }),
    android: androidConfig(push),
    apns: apnsConfig(push, now),
    webpush: { headers: await webPushHeaders(push) },
  };
}

function androidConfig({ collapseKey, alert, badge, urgency, ttl }: Push) {
  const notification = {
    // The tag replaces a shown push; the collapse key replaces a queued one.
    ...(collapseKey !== null && { tag: collapseKey }),
    ...(badge !== null && { notificationCount: badge }),
  };
  return {
    priority: urgency === "high" ? "HIGH" : "NORMAL",
    ttl: ttl * 1000,
    ...(collapseKey !== null && { collapseKey }),
    ...(alert && { notification }),
  };
}

/**
 * Apple requires `background` and priority 5 for a push that shows nothing at all. A badge is
 * shown, so with a badge the type is `alert`; without an alert, FCM allows only priority 5.
 */
function apnsConfig({ collapseKey, alert, badge, urgency, ttl }: Push, now: number) {
  return {
    headers: {
      "apns-push-type": alert || badge !== null ? "alert" : "background",
      "apns-priority": alert && urgency === "high" ? "10" : "5",
      "apns-expiration": String(ttl === 0 ? 0 : Math.floor(now / 1000) + ttl),
      ...(collapseKey !== null && { "apns-collapse-id": collapseKey }),
    },
    payload: {
      aps: {
        ...(badge !== null && { badge }),
        ...(collapseKey !== null && { threadId: collapseKey }),
        // The app may rewrite an alert before it is shown; without an alert the app is woken.
        ...(alert ? { sound: "default", mutableContent: true } : { contentAvailable: true }),
      },
    },
  };
}

async function webPushHeaders(
  { collapseKey, urgency, ttl }: Push,
): Promise<Record<string, string>> {
  return {
    TTL: String(ttl),
    Urgency: urgency,
    ...(collapseKey !== null && { Topic: await webPushTopic(collapseKey) }),
  };
}
