import type { Clock } from "../core/clock.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { suspensionAt, type User } from "../model/user.ts";
import { networkOf } from "../operations/rate_key.ts";
import type { Store } from "../store/store.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import { type BruteForceGuard, personName, sessionName } from "./brute_force_guard.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { SecondFactor } from "./second_factor.ts";
import { NEWEST_SESSIONS, type Sessions, type TokenPair } from "./sessions.ts";

export type SignInResult =
  | { user: User; pair: TokenPair; deviceToken: string }
  | { challenge: string };

export interface SignInOptions {
  store: Pick<Store, "users" | "sessions">;
  accounts: Accounts;
  sessions: Sessions;
  secondFactor: SecondFactor;
  tokens: OneTimeTokens;
  guard: BruteForceGuard;
  audit: AuditTrail;
  mail: AccountMail;
  clock: Clock;
}

/**
 * Steps that follow a correct first factor, whatever it was: suspension check, second factor,
 * session.
 */
export class SignIn {
  constructor(private readonly options: SignInOptions) {}

  async withPassword(
    visitor: Visitor,
    { identifier, password, deviceName, deviceToken }: {
      identifier: string;
      password: string;
      deviceName?: string;
      deviceToken?: string;
    },
  ): Promise<SignInResult> {
    const { accounts, sessions } = this.options;
    const found = await accounts.find(identifier);
    const name = accounts.keyOf(identifier);
    const knownAs = found && await sessions.knownDevice(found.id, deviceToken);
    const user = await this.#passwordOf(found, { name, knownAs }, password, visitor);
    return await this.proceed(user, visitor, { method: "password", deviceName, knownAs });
  }

  /** Throws `unauthenticated` unless the password is the caller's; used to prove identity. */
  async provePassword(caller: Caller, password: string): Promise<void> {
    const user = await this.options.store.users.byId(caller.userId);
    const account = { name: personName(caller.userId), knownAs: sessionName(caller) };
    await this.#passwordOf(user, account, password, caller);
  }

  /**
   * Throws `unauthenticated` unless the password is the account's; returns the account as it was
   * then.
   */
  async checkPassword(visitor: Visitor, user: User, password: string): Promise<User> {
    return await this.#passwordOf(user, { name: user.usernameKey }, password, visitor);
  }

  async proceed(
    user: User,
    visitor: Visitor,
    { method, deviceName = "", knownAs = null }: {
      method: string;
      deviceName?: string;
      knownAs?: string | null;
    },
  ): Promise<SignInResult> {
    const { secondFactor, tokens, clock } = this.options;
    assertNotSuspended(user, clock.now());
    if (!secondFactor.isOn(user)) {
      return await this.#open(user, visitor, method, deviceName);
    }
    const data = { method, deviceName, ...(knownAs && { knownAs }) };
    return { challenge: await tokens.issue("second_factor", user.id, data) };
  }

  /** The second step. The challenge binds it to the first step and allows a few attempts. */
  async withChallenge(visitor: Visitor, challenge: string, code: string): Promise<SignInResult> {
    const { tokens, store, secondFactor, clock } = this.options;
    const challenged = await tokens.attempt("second_factor", challenge);
    const user = challenged?.userId ? await store.users.byId(challenged.userId) : null;
    if (!challenged || !user) {
      throw new AppError(
        "unauthenticated",
        "Cannot sign in: the challenge has expired; sign in again",
      );
    }
    assertNotSuspended(user, clock.now());
    const kind = await secondFactor.check(user, code, visitor, challenged.data.knownAs);
    // The last attempt has already deleted the challenge.
    if (challenged.attemptsLeft > 0 && !await tokens.consume("second_factor", challenge)) {
      throw new AppError("unauthenticated", "Cannot sign in: the challenge was used before");
    }
    const { method, deviceName } = challenged.data;
    return await this.#open(user, visitor, `${method}, ${kind}`, deviceName);
  }

  async #passwordOf(
    user: User | null,
    { name, knownAs }: { name: string; knownAs?: string | null },
    password: string,
    visitor: Visitor,
  ): Promise<User> {
    const { guard, accounts } = this.options;
    const from = { network: networkOf(visitor.address), person: user?.usernameKey ?? name };
    const refuse = async (): Promise<never> => {
      await accounts.authenticate(null, password, from);
      throw new Error("A password cannot be right without an account");
    };
    return await guard.guard(
      "password",
      { name, userId: user?.id ?? null, knownAs, refuse },
      visitor,
      () => accounts.authenticate(user, password, from),
    );
  }

  /**
   * The account may have changed during the check (a reset, a suspension, an erasure, each of which
   * ends all existing sessions). It is read again once the session exists, so that no such change
   * is missed.
   */
  async #open(
    user: User,
    visitor: Visitor,
    method: string,
    deviceName: string,
  ): Promise<SignInResult> {
    const { sessions, store, audit, clock } = this.options;
    const { pair, sessionId, deviceToken } = await sessions.open(user.id, visitor, deviceName);
    const now = await store.users.byId(user.id);
    const same = now && now.passwordHash === user.passwordHash && now.deletedAt === null &&
      !suspensionAt(now, clock.now()) && now.totp?.enabledAt === user.totp?.enabledAt;
    if (!same) {
      await sessions.end(sessionId, "credentials_changed");
      throw new AppError(
        "unauthenticated",
        "Cannot sign in: the account has just changed; try again",
      );
    }
    await audit.own(user.id, visitor, { action: "session.opened", details: { method, sessionId } });
    this.#noticeNewDevice(now, visitor, sessionId);
    return { user: now, pair, deviceToken };
  }

  #noticeNewDevice(user: User, visitor: Visitor, sessionId: string): void {
    const { mail, store } = this.options;
    if (user.emailVerifiedAt === null) return;
    mail.inBackground("Checking for a new device", async () => {
      const sessions = await store.sessions.ofUser(user.id, NEWEST_SESSIONS);
      const others = sessions.filter(({ id }) => id !== sessionId);
      const known = others.some(({ userAgent }) => userAgent === visitor.userAgent);
      if (!known && others.length > 0) mail.notice("new_sign_in", user, visitor);
    });
  }
}

/** Reveals a suspension and its reason only to a caller who knows the password. */
function assertNotSuspended(user: User, now: number): void {
  const suspension = suspensionAt(user, now);
  if (!suspension) return;
  const until = suspension.until === null
    ? ""
    : ` until ${new Date(suspension.until).toISOString()}`;
  throw new AppError(
    "account_suspended",
    `Cannot sign in: the account is suspended${until} (${quote(suspension.reason)})`,
  );
}
