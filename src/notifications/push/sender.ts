/**
 * Port to the push services. The outbox passes one push for one registered device and acts on the
 * result; a sender never throws because of a push service or the network.
 */
export interface PushSender<Target extends PushTarget = PushTarget> {
  /**
   * `signal` aborts the send: the result is then `retry`, and the push may or may not have been
   * delivered.
   */
  send(target: Target, push: Push, signal?: AbortSignal): Promise<PushResult>;
}

/** Address of a device. */
export type PushTarget = FcmTarget | WebPushTarget;

export interface FcmTarget {
  kind: "fcm";
  /** The registration token that the Firebase SDK gave the app. */
  token: string;
}

/** The content of a browser's `PushSubscription.toJSON()`. */
export interface WebPushTarget {
  kind: "web";
  endpoint: string;
  /** The browser's public key: an uncompressed P-256 point in base64url. */
  p256dh: string;
  /** 16 random bytes in base64url. */
  auth: string;
}

export interface Push {
  /**
   * A later push with this key replaces an earlier one that is queued or shown. At most 64 bytes
   * (the limit of `apns-collapse-id`); a chat's id.
   */
  collapseKey: string | null;
  /**
   * The text that the device shows. Null for a push without content: the app is woken and decides
   * itself (an encrypted chat, or a user who hides previews). Longer texts are shortened.
   */
  alert: { title: string; body: string } | null;
  /** The number on the app's icon; null leaves it unchanged. */
  badge: number | null;
  /** Ids for the app, never content. Keys and values together have at most `MAX_DATA_BYTES`. */
  data: Readonly<Record<string, string>>;
  /** `high` wakes a sleeping device: for events that a user waits for. */
  urgency: "normal" | "high";
  /** Seconds for which the push service keeps trying. */
  ttl: number;
}

export type PushResult =
  /** The push service accepted it; no service reports whether a device showed it. */
  | { outcome: "delivered" }
  /** The registration is permanently dead: remove it. */
  | { outcome: "gone"; reason: string }
  /**
   * It may succeed later: after `afterMs` milliseconds at the earliest, if the service named a
   * time. `unreachable`: there was no response, in time or at all.
   */
  | { outcome: "retry"; reason: string; afterMs?: number; unreachable?: true }
  /**
   * It can never succeed unchanged; the registration is kept, because the fault may be the
   * server's.
   */
  | { outcome: "rejected"; reason: string };

/** Leaves room for the longest alert after escaping, within every service's limit of about 4 KB. */
export const MAX_DATA_BYTES = 1024;

export const MAX_COLLAPSE_KEY_BYTES = 64;

/** Four weeks, the longest that FCM keeps a message; Web Push services keep it no longer. */
export const MAX_TTL_SECONDS = 2_419_200;
