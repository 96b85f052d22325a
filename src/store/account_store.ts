import type { AuditEntry } from "../model/audit_entry.ts";
import type { Device } from "../model/device.ts";
import type { Identity, ProviderName } from "../model/identity.ts";
import type { OneTimePurpose } from "../model/one_time_token.ts";
import type { Session, SessionEndReason } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { UserPatch } from "./user_store.ts";

/** An account as of the moment at which a change to it is decided. */
export interface Account {
  user: User;
  /** In order of `provider`. */
  identities: Identity[];
  /** Neither ended nor expired, most recently used first. */
  sessions: Session[];
}

/** Rows that are written together; fields that are left out stay unchanged. */
export interface AccountChange {
  user?: Omit<UserPatch, "updatedAt">;
  link?: Identity;
  unlink?: ProviderName[];
  /** Deletes the push devices that these sessions registered, too. */
  endSessions?: { ids: string[]; reason: SessionEndReason };
  /** Deletes the one-time tokens of these purposes. */
  deleteTokens?: readonly OneTimePurpose[];
  /** Deletes encryption devices, with their key packages and Welcomes, and push devices. */
  deleteDevices?: boolean;
  entry?: AuditEntry;
}

/** Result of a change. */
export interface AccountChanged {
  user: User;
  removedDevices: Device[];
}

export interface AccountStore {
  /**
   * Passes the account to `decide`, and writes the change it returns: all of it or nothing, and
   * isolated from concurrent changes to the account. `decide` may be called more than once, so it
   * must have no side effect; an error it throws is rethrown, and nothing is written. `updatedAt`
   * becomes `at`, and always later than it was. Returns null when the user is missing or erased.
   *
   * Throws `DuplicateKey` as `UserStore.update` does, and for `link` with `"identity"` when the
   * provider's account is linked to any user, and with `"provider"` when the user has another
   * account of this provider linked.
   */
  change(
    userId: string,
    at: number,
    decide: (account: Account) => AccountChange,
  ): Promise<AccountChanged | null>;
}
