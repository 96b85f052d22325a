export type SessionEndReason =
  | "logout"
  | "ended_by_user"
  | "refresh_reuse"
  | "credentials_changed"
  | "suspended"
  | "too_many"
  | "account_deleted"
  | "ended_by_admin"
  | "ended_by_server";

/** A sign-in on one device. It is a row, so that it can be ended, and with it all of its tokens. */
export interface Session {
  id: string;
  userId: string;
  /** SHA-256 of the one refresh token that works now. */
  refreshHash: string;
  /**
   * SHA-256 of the refresh token before it, and when that was exchanged; null before the first
   * exchange.
   */
  previousHash: string | null;
  rotatedAt: number | null;
  deviceName: string;
  userAgent: string;
  address: string;
  createdAt: number;
  lastUsedAt: number;
  /**
   * When identity was last proved (password, second factor, provider), for what asks a recent
   * proof.
   */
  authenticatedAt: number;
  expiresAt: number;
  endedAt: number | null;
  endReason: SessionEndReason | null;
}
