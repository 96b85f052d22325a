import assert from "node:assert/strict";
import { EmailUndo, type EmailUndoOptions } from "../../src/auth/email_undo.ts";
import { firstProof } from "../../src/auth/first_proof.ts";
import { CREDENTIAL_PURPOSES, ONE_TIME_PURPOSES } from "../../src/model/one_time_token.ts";
import type { TotpCredential } from "../../src/model/user.ts";
import type { Account } from "../../src/store/account_store.ts";
import { anIdentity, aSession, aUser, T0 } from "../contract/store/rows.ts";
import { VISITOR } from "../support/held_auth.ts";

const DAY = 24 * 3_600_000;

const totp = (enabledAt: number | null): TotpCredential => ({
  sealedSecret: "sealed",
  enabledAt,
  lastStep: 0,
});

/** An account with every way in that a stranger may have added. */
function anAccount(fields: Partial<Account> = {}): Account {
  return {
    user: aUser({ role: "admin", totp: totp(T0), recoveryCodes: ["hash"], passwordHash: "old" }),
    identities: [anIdentity({ linkedAt: T0 })],
    sessions: [aSession(), aSession()],
    ...fields,
  };
}

Deno.test("firstProof ends every way in that was set up before it", () => {
  const account = anAccount();
  assert.deepEqual(firstProof(account, T0 + 1, "new"), {
    user: {
      passwordHash: "new",
      emailVerifiedAt: T0 + 1,
      totp: null,
      recoveryCodes: [],
      role: "user",
    },
    unlink: ["google"],
    deleteDevices: true,
    endSessions: { ids: account.sessions.map(({ id }) => id), reason: "credentials_changed" },
    deleteTokens: CREDENTIAL_PURPOSES,
  });
});

/** Returns what an undo decides for the account, of a change that was made at T0. */
async function undone(account: Account) {
  let decision: object | undefined;
  const options = {
    tokens: {
      consume: () => Promise.resolve({ createdAt: T0, data: { email: "ann@example.org" } }),
    },
    links: { follow: () => Promise.resolve({ user: account.user }) },
    accounts: { hash: () => Promise.resolve("new") },
    changes: {
      outside(_visitor: unknown, _id: string, decide: (account: Account, now: number) => object) {
        decision = decide(account, T0 + 5);
        return Promise.resolve({ user: account.user, endedSessions: [] });
      },
    },
    mail: { notice() {} },
  } as unknown as EmailUndoOptions;
  await new EmailUndo(options).undo(VISITOR, "token", "password");
  return decision as Record<string, unknown> & { user: Record<string, unknown> };
}

Deno.test("EmailUndo restores the address, ends all sessions, links and devices, and frees no username", async () => {
  const account = anAccount();
  const { note: _, ...decision } = await undone(account);
  assert.deepEqual(decision, {
    user: {
      email: "ann@example.org",
      emailKey: "ann@example.org",
      emailVerifiedAt: T0 + 5,
      passwordHash: "new",
      totp: null,
      recoveryCodes: [],
    },
    unlink: ["google"],
    deleteDevices: true,
    endSessions: { ids: account.sessions.map(({ id }) => id), reason: "credentials_changed" },
    deleteTokens: ONE_TIME_PURPOSES.filter((purpose) => purpose !== "held_username"),
  });
});

Deno.test("EmailUndo keeps a second factor and providers of more than a day before the change", async () => {
  const day = T0 - DAY;
  for (const [at, isKept] of [[day - 1, true], [day, false], [T0, false]] as const) {
    const user = aUser({ totp: totp(at), recoveryCodes: ["hash"] });
    const identities = [
      anIdentity({ provider: "google", linkedAt: at }),
      anIdentity({ provider: "facebook", linkedAt: day - 1 }),
    ];
    const decision = await undone(anAccount({ user, identities }));
    assert.equal("totp" in decision.user, !isKept, `a factor of ${at - T0}`);
    assert.deepEqual(decision.unlink, isKept ? [] : ["google"]);
  }
  const pending = await undone(anAccount({ user: aUser({ totp: totp(null) }) }));
  assert.equal(pending.user.totp, null, "a setup that was begun is no factor");
});
