import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import { emailKeyOf } from "./account_keys.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import type { AttemptGuard } from "./attempt_guard.ts";
import type { AuditTrail } from "./audit_trail.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { RecentProof } from "./recent_proof.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign_in.ts";

export interface PasswordsOptions {
  store: Pick<Store, "users" | "identities">;
  accounts: Accounts;
  signIn: SignIn;
  sessions: Sessions;
  tokens: OneTimeTokens;
  proof: RecentProof;
  guard: AttemptGuard;
  audit: AuditTrail;
  mail: AccountMail;
  clock: Clock;
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
    const { proof, signIn, sessions, tokens, audit, mail } = this.options;
    if (currentPassword === undefined) proof.require(caller, "Changing the password");
    else await signIn.provePassword(caller, currentPassword);
    const user = await this.#set(caller.userId, newPassword);
    await sessions.endAllOf(user.id, "credentials_changed", caller.sessionId);
    // Whoever was at it before may have asked for more than a session: that ends too.
    await tokens.dropOf(user.id, "reset_password", "second_factor", "change_email");
    await audit.own(user.id, caller, { action: "password.changed" });
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
   * by (a second factor, linked providers) goes too.
   */
  async reset(visitor: Visitor, token: string, password: string): Promise<void> {
    const { tokens, store, sessions, audit, mail, clock } = this.options;
    const taken = await tokens.take("reset_password", token);
    const before = taken?.userId ? await store.users.byId(taken.userId) : null;
    if (!taken || !before || before.emailKey !== taken.data.emailKey) throw overOrUsed();
    if (before.emailVerifiedAt === null) await this.#clearOfStrangers(before);
    const user = await this.#set(before.id, password);
    if (before.emailVerifiedAt === null) {
      await store.users.update(user.id, { emailVerifiedAt: clock.now() });
    }
    await sessions.endAllOf(user.id, "credentials_changed");
    await tokens.dropOf(user.id);
    await audit.own(user.id, visitor, { action: "password.reset" });
    mail.notice("password_changed", user, visitor);
  }

  async #clearOfStrangers(user: User): Promise<void> {
    const { store } = this.options;
    await store.identities.removeAllOf(user.id);
    await store.users.update(user.id, { totp: null, recoveryCodes: [] });
  }

  async #set(userId: string, password: string): Promise<User> {
    const { accounts, store, clock } = this.options;
    const passwordHash = await accounts.hash(password);
    const user = await store.users.update(userId, { passwordHash, updatedAt: clock.now() });
    if (!user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "The account is no longer there");
    }
    return user;
  }
}

export function overOrUsed(): AppError {
  return new AppError("invalid_request", "Following the link: it was used before or has expired", {
    errors: [{ path: "token", message: "was used before or has expired" }],
  });
}
