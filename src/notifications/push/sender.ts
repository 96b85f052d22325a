/**
 * The port to the push services. The outbox hands over one push for one registered device and does
 * what the result says; a sender never throws for something that a push service or the network did.
 */
export interface PushSender<Target extends PushTarget = PushTarget> {
  /** `signal` ends the send: its result is then `retry`, and the push may have arrived or not. */
  send(target: Target, push: Push, signal?: AbortSignal): Promise<PushResult>;
}

/** Where a device can be reached. */
export type PushTarget = FcmTarget | WebPushTarget;

export interface FcmTarget {
  kind: "fcm";
  /** The registration token that the Firebase SDK gave the app. */
  token: string;
}

/** What a browser's `PushSubscription.toJSON()` holds. */
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
   * A later push with the same key replaces an earlier one that waits or is shown. At most 64 bytes
   * (the limit of `apns-collapse-id`); a chat's id.
   */
  collapseKey: string | null;
  /**
   * What the device shows. Null for a push that carries no content: the app is woken, and decides
   * itself (an encrypted chat, or a person who hides previews). Longer texts are shortened.
   */
  alert: { title: string; body: string } | null;
  /** The number on the app's icon, null to leave it. */
  badge: number | null;
  /** Ids for the app: never content. Keys and values together at most `MAX_DATA_BYTES`. */
  data: Readonly<Record<string, string>>;
  /** `high` wakes a sleeping device: for what a person waits for. */
  urgency: "normal" | "high";
  /** For how long the push service keeps trying, in seconds. */
  ttl: number;
}

export type PushResult =
  /** The push service took it; whether a device showed it, no service tells. */
  | { outcome: "delivered" }
  /** The registration is dead for good: remove it. */
  | { outcome: "gone"; reason: string }
  /**
   * It may succeed later: after `afterMs` at the earliest, where the service named a time.
   * `unreachable`: nothing answered, in time or at all.
   */
  | { outcome: "retry"; reason: string; afterMs?: number; unreachable?: true }
  /** It can never succeed as it is; the registration stays, since the fault may be ours. */
  | { outcome: "rejected"; reason: string };

/** Leaves room, within every service's limit of about 4 KB, for the longest alert after escaping. */
export const MAX_DATA_BYTES = 1024;

export const MAX_COLLAPSE_KEY_BYTES = 64;

/** Four weeks, the longest that FCM keeps a message; Web Push services keep it no longer. */
export const MAX_TTL_SECONDS = 2_419_200;
