import { type AppError, fieldError } from "../core/errors.ts";
import { idsOf } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { ONE_TIME_PURPOSES } from "../model/one_time_token.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import type { AttemptGuard } from "./attempt_guard.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { RecentProof } from "./recent_proof.ts";
import type { SignIn } from "./sign_in.ts";

export interface PasswordsOptions {
  store: Pick<Store, "users">;
  accounts: Accounts;
  signIn: SignIn;
  tokens: OneTimeTokens;
  proof: RecentProof;
  guard: AttemptGuard;
  changes: AccountChanges;
  mail: AccountMail;
}

/** Mails to one address: enough for one who mistypes, too few to fill a mailbox. */
const MAILS_PER_ADDRESS = { count: 5, periodMs: 60 * 60_000 };

/** How a password is changed by who knows it, and replaced by who has lost it. */
export class Passwords {
  constructor(private readonly options: PasswordsOptions) {}

  /** The present password is proof enough; without it, a recent one is asked for. Other sessions end. */
  async change(
    caller: Caller,
    { currentPassword, newPassword }: { currentPassword?: string; newPassword: string },
  ): Promise<void> {
    const { proof, signIn, accounts, changes, mail } = this.options;
    if (currentPassword === undefined) proof.require(caller, "Changing the password");
    else await signIn.provePassword(caller, currentPassword);
    const passwordHash = await accounts.hash(newPassword);
    const { user } = await changes.own(caller, ({ sessions }) => ({
      user: { passwordHash },
      endSessions: {
        ids: idsOf(sessions).filter((id) => id !== caller.sessionId),
        reason: "credentials_changed",
      },
      // Whoever was at it before may have asked for more than a session: that ends too.
      dropTokens: ["reset_password", "second_factor", "change_email"],
      note: { action: "password.changed" },
    }));
    mail.notice("password_changed", user, caller);
  }

  /** Answers nothing, at once, whatever the address is: what there is to do is done afterwards. */
  forgot(email: string): void {
    const { mail, store, guard } = this.options;
    mail.inBackground("Asking for a password reset", async () => {
      const key = emailKeyOf(email);
      if (!await guard.allows(`reset_mail:${key}`, MAILS_PER_ADDRESS)) return;
      const user = await store.users.byEmailKey(key);
      if (user && user.deletedAt === null) mail.passwordReset(user);
    });
  }

  /**
   * All sessions end. Who follows the link has shown that the address is theirs; was it not confirmed
   * before, whoever opened the account may have been someone else, and what they left to come back
   * or listen by goes too: a second factor, linked providers, and devices, of encryption and of pushes.
   */
  async reset(visitor: Visitor, token: string, password: string): Promise<void> {
    const { tokens, accounts, changes, mail } = this.options;
    if (!await tokens.peek("reset_password", token)) throw overOrUsed();
    // Before the link is used up: a server that is too busy to hash takes it from nobody.
    const passwordHash = await accounts.hash(password);
    const taken = await tokens.take("reset_password", token);
    if (!taken?.userId) throw overOrUsed();
    const changed = await changes.outside(visitor, taken.userId, (account, now) => {
      const { user: { emailKey, emailVerifiedAt }, sessions, identities } = account;
      if (emailKey !== taken.data.emailKey) throw overOrUsed();
      const isFirstProof = emailVerifiedAt === null;
      const cleared = { emailVerifiedAt: now, totp: null, recoveryCodes: [] };
      return {
        user: { passwordHash, ...(isFirstProof && cleared) },
        unlink: isFirstProof ? identities.map(({ provider }) => provider) : [],
        forgetDevices: isFirstProof,
        endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
        dropTokens: ONE_TIME_PURPOSES,
        note: { action: "password.reset" },
      };
    });
    if (!changed) throw overOrUsed();
    mail.notice("password_changed", changed.user, visitor);
  }
}

export function overOrUsed(): AppError {
  const about = "Following the link: it was used before or has expired";
  return fieldError("invalid_request", "token", about);
}
