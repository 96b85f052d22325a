import type { Push } from "./push_sender.ts";
import { webPushTopic } from "./web_push_topic.ts";

/**
 * A push as FCM's `projects.messages.send` wants it (the HTTP v1 API's `Message`), with the options
 * of each platform that a token may turn out to belong to.
 */
export async function fcmMessage(token: string, push: Push, now: number): Promise<object> {
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
    // The tag replaces what is shown; the collapse key, what waits.
    ...(collapseKey !== null && { tag: collapseKey }),
    ...(badge !== null && { notification_count: badge }),
  };
  return {
    priority: urgency === "high" ? "HIGH" : "NORMAL",
    ttl: `${ttl}s`,
    ...(collapseKey !== null && { collapse_key: collapseKey }),
    ...(alert && { notification }),
  };
}

/**
 * Apple wants `background` and priority 5 for what shows nothing at all. A badge is shown, so with
 * one the type is `alert`; without an alert, priority 5 is all that FCM allows.
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
        ...(collapseKey !== null && { "thread-id": collapseKey }),
        // An alert may be rewritten by the app before it is shown; without one the app is woken.
        ...(alert ? { sound: "default", "mutable-content": 1 } : { "content-available": 1 }),
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
