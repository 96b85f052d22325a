import type { AuditEntry } from "../model/audit_entry.ts";
import type { Device } from "../model/device.ts";
import type { Identity, ProviderName } from "../model/identity.ts";
import type { OneTimePurpose } from "../model/one_time_token.ts";
import type { Session, SessionEndReason } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { UserPatch } from "./user_store.ts";

/** An account as it is at the moment at which a change to it is decided. */
export interface Account {
  user: User;
  /** In order of `provider`. */
  identities: Identity[];
  /** Neither ended nor expired, most recently used first. */
  sessions: Session[];
}

/** What is written together; what is left out stays as it is. */
export interface AccountChange {
  user?: Omit<UserPatch, "updatedAt">;
  link?: Identity;
  unlink?: ProviderName[];
  /** The push devices that these sessions registered go with them. */
  endSessions?: { ids: string[]; reason: SessionEndReason };
  /** Forgets the one-time tokens of these purposes. */
  dropTokens?: readonly OneTimePurpose[];
  /** Takes away encryption devices, with their key packages and Welcomes, and devices that take pushes. */
  forgetDevices?: boolean;
  entry?: AuditEntry;
}

/** What a change has made. */
export interface AccountChanged {
  user: User;
  removedDevices: Device[];
}

export interface AccountStore {
  /**
   * Shows the account to `decide`, and writes what it answers: all of it or nothing, and as if nobody
   * else had changed the account meanwhile. `decide` may be called more than once, so it only decides;
   * what it throws is thrown, and nothing is written. `updatedAt` becomes `at`, and always later than it
   * was. Null when the user is missing or erased.
   *
   * Throws `DuplicateKey` as `UserStore.update` does, and for `link` with `"identity"` when the
   * provider's account is linked, to whomever, and with `"provider"` when the user has another account
   * of this provider linked.
   */
  change(
    userId: string,
    at: number,
    decide: (account: Account) => AccountChange,
  ): Promise<AccountChanged | null>;
}
