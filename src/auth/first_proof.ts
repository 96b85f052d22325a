import { idsOf } from "../core/ids.ts";
import { CREDENTIAL_PURPOSES } from "../model/one_time_token.ts";
import type { Account } from "../store/account_store.ts";
import type { Decision } from "./account_changes.ts";

/**
 * The first proof that an account's address is somebody's. Anyone can open an account with an address
 * that is not theirs, so whatever was set up before it may be a stranger's way to come back or to
 * listen: the password, sessions, providers, second factor, devices of encryption and of pushes, pending
 * changes and a role all end, and the owner of the mailbox begins with a password of their own.
 */
export function firstProof(
  { sessions, identities }: Account,
  now: number,
  passwordHash: string,
): Decision {
  return {
    user: {
      passwordHash,
      emailVerifiedAt: now,
      totp: null,
      recoveryCodes: [],
      role: "user",
    },
    unlink: identities.map(({ provider }) => provider),
    forgetDevices: true,
    endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
    dropTokens: CREDENTIAL_PURPOSES,
  };
}
