import type { CustomData } from "./custom_data.ts";

/** Presence states that users choose to show. Whether they are connected is not stored here. */
export type StatusState = "online" | "away" | "busy" | "invisible";

export type UserRole = "user" | "admin";

/** A customer's id of a person: fits a path and a header as it is; not the folders `.` and `..`. */
export const EXTERNAL_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:@|+=~-]{1,128}$/;

export interface Suspension {
  at: number;
  /** When it expires; null holds until an administrator lifts it. */
  until: number | null;
  reason: string;
  /** Null if a server did it with an API key. */
  byUserId: string | null;
}

/**
 * Second factor by TOTP. It is required only once `enabledAt` is set: until then the user has not
 * proved that their authenticator has the secret.
 */
export interface TotpCredential {
  /** Sealed (encrypted at rest), never the secret itself. */
  sealedSecret: string;
  enabledAt: number | null;
  /** The last 30-second step whose code was accepted: a code works once. */
  lastStep: number;
}

export interface User {
  id: string;
  username: string;
  /** `username` folded for comparison; unique. */
  usernameKey: string;
  email: string;
  /** `email` folded for comparison; unique. */
  emailKey: string;
  emailVerifiedAt: number | null;
  /** Null for accounts that sign in only through a provider. */
  passwordHash: string | null;
  displayName: string;
  bio: string;
  avatarMediaId: string | null;
  custom: CustomData | null;
  status: { state: StatusState; text: string };
  lastSeenAt: number | null;
  lastSeenHidden: boolean;
  role: UserRole;
  suspension: Suspension | null;
  /** The customer's own id of the person, unique; null for accounts that were opened here. */
  externalId: string | null;
  /** Where the avatar was last fetched from, for an own user; null if it was not. */
  pictureUrl: string | null;
  /** Since when the customer has deactivated the person; null otherwise. */
  deactivatedAt: number | null;
  /** The customer's tokens from before this time are refused; null if none are. */
  tokensNotBefore: number | null;
  /** Since when only they see what they send; null for everybody else. They do not learn of it. */
  shadowedAt: number | null;
  totp: TotpCredential | null;
  /** Hashes of the recovery codes that are still unused. */
  recoveryCodes: string[];
  /** True for a person that a program plays. */
  isBot: boolean;
  createdAt: number;
  updatedAt: number;
  /** Set when the account was erased: the row stays so that chats keep their tombstones. */
  deletedAt: number | null;
}

/**
 * Returns the suspension in force at `now`, or null if there is none or it has expired. A
 * deactivated person is suspended until the customer reactivates them.
 */
export function suspensionAt(
  user: Pick<User, "suspension" | "deactivatedAt">,
  now: number,
): Suspension | null {
  const { suspension, deactivatedAt: at } = user;
  if (at !== null) return { at, until: null, reason: "the person is deactivated", byUserId: null };
  return suspension && (suspension.until === null || suspension.until > now) ? suspension : null;
}
