/** What people choose to show; whether they are really connected is presence, which is not stored here. */
export type StatusState = "online" | "away" | "busy" | "invisible";

export type UserRole = "user" | "admin";

export interface Suspension {
  at: number;
  /** When it ends by itself; null holds until an administrator lifts it. */
  until: number | null;
  reason: string;
  byUserId: string;
}

/**
 * Second factor by TOTP. It holds only once `enabledAt` is set: until then the person has not yet
 * shown that their authenticator knows the secret.
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
  status: { state: StatusState; text: string };
  lastSeenAt: number | null;
  lastSeenHidden: boolean;
  role: UserRole;
  suspension: Suspension | null;
  totp: TotpCredential | null;
  /** Hashes of the recovery codes that are still unused. */
  recoveryCodes: string[];
  createdAt: number;
  updatedAt: number;
  /** Set when the account was erased: the row stays so that chats keep their tombstones. */
  deletedAt: number | null;
}

/** The suspension that holds at `now`; one that has run out is none. */
export function suspensionAt(user: Pick<User, "suspension">, now: number): Suspension | null {
  const { suspension } = user;
  return suspension && (suspension.until === null || suspension.until > now) ? suspension : null;
}
