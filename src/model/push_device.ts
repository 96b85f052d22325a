/** The address of a device; the stored form of `PushTarget`. */
export type PushAddress =
  | { kind: "fcm"; token: string }
  | { kind: "web"; endpoint: string; p256dh: string; auth: string };

/** A device that receives pushes for the user signed in on it. */
export interface PushDevice {
  id: string;
  userId: string;
  /** The session that registered it: when that ends, so do the pushes. */
  sessionId: string;
  /** SHA-256 of token or endpoint, unique: a device has one person at a time. */
  key: string;
  address: PushAddress;
  name: string;
  createdAt: number;
  /** When it was registered last. */
  updatedAt: number;
}
