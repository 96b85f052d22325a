import { idsOf } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { CREDENTIAL_PURPOSES } from "../model/one_time_token.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { emailKeyOf } from "./account_keys.ts";
import { type AccountLinks, linkExpired } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import { firstProof } from "./first_proof.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { StepUp } from "./step_up.ts";
import type { SignIn } from "./sign_in.ts";

export interface PasswordsOptions {
  store: Pick<Store, "users">;
  accounts: Accounts;
  signIn: SignIn;
  tokens: OneTimeTokens;
  links: AccountLinks;
  proof: StepUp;
  changes: AccountChanges;
  mail: AccountMail;
}

/** Changes a known password and resets a forgotten one. */
export class Passwords {
  constructor(private readonly options: PasswordsOptions) {}

  /** Requires the current password, or else a recent proof of identity. Ends all other sessions. */
  async change(
    caller: Caller,
    { currentPassword, newPassword }: { currentPassword?: string; newPassword: string },
  ): Promise<void> {
    const { proof, signIn, accounts, changes, mail, store } = this.options;
    if (currentPassword === undefined) proof.require(caller, "Cannot change the password");
    else await signIn.provePassword(caller, currentPassword);
    const before = await store.users.byId(caller.userId);
    const owner = { visitor: caller, user: before, field: "newPassword" };
    const passwordHash = await accounts.hash(newPassword, owner);
    const { user } = await changes.own(caller, ({ sessions }) => ({
      user: { passwordHash },
      endSessions: {
        ids: idsOf(sessions).filter((id) => id !== caller.sessionId),
        reason: "credentials_changed",
      },
      // An attacker may have requested more than a session: these pending tokens end too.
      deleteTokens: ["reset_password", "second_factor", "change_email"],
      note: { action: "password.changed" },
    }));
    mail.notice("password_changed", user, caller);
  }

  /** Returns at once and reveals nothing about the address; the work happens in the background. */
  forgot(email: string): void {
    const { mail, store } = this.options;
    mail.inBackground("Requesting a password reset", async () => {
      const user = await store.users.byEmailKey(emailKeyOf(email));
      if (user && user.deletedAt === null) mail.passwordReset(user);
    });
  }

  /**
   * Ends all sessions. Following the link proves that the address belongs to the user; if it was
   * unconfirmed until now, this is its first proof (see first_proof.ts).
   */
  async reset(visitor: Visitor, token: string, password: string): Promise<void> {
    const { links, tokens, accounts, changes, mail } = this.options;
    // Hash before using up the link: a server that is too busy to hash must not waste it.
    const { user } = await links.follow("reset_password", token);
    const passwordHash = await accounts.hash(password, { visitor, user });
    const consumed = await tokens.consume("reset_password", token);
    if (!consumed) throw linkExpired();
    const changed = await changes.outside(visitor, user.id, (account, now) => {
      const { user: { emailKey, emailVerifiedAt }, sessions } = account;
      if (emailKey !== consumed.data.emailKey) throw linkExpired();
      const note = { action: "password.reset" as const };
      if (emailVerifiedAt === null) return { ...firstProof(account, now, passwordHash), note };
      return {
        user: { passwordHash },
        endSessions: { ids: idsOf(sessions), reason: "credentials_changed" },
        deleteTokens: CREDENTIAL_PURPOSES,
        note,
      };
    });
    if (!changed) throw linkExpired();
    mail.notice("password_changed", changed.user, visitor);
  }
}
