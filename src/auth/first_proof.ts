import { idsOf } from "../core/ids.ts";
import { CREDENTIAL_PURPOSES } from "../model/one_time_token.ts";
import type { Account } from "../store/account_store.ts";
import type { Decision } from "./account_changes.ts";

/**
 * The first proof that an account's address belongs to its user. Anyone can open an account with
 * another person's address, so everything set up before the proof may be a stranger's way to return
 * or to listen: the password, sessions, providers, second factor, encryption and push devices,
 * pending changes and a role all end, and the owner of the mailbox starts with a new password.
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
    deleteDevices: true,
    endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
    deleteTokens: CREDENTIAL_PURPOSES,
  };
}
