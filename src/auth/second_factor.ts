import type { Clock } from "../core/clock.ts";
import { AppError, fieldError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { TotpCredential, User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import type { AccountMail } from "./account_mail.ts";
import { type BruteForceGuard, personName, sessionName } from "./brute_force_guard.ts";
import { qrCodeSvg } from "./qr_code.ts";
import type { StepUp } from "./step_up.ts";
import { newRecoveryCodes, recoveryCodeHash } from "./recovery_codes.ts";
import { SealBroken, type SecretBox } from "./secret_box.ts";
import { owner, resealSecondFactor } from "./second_factor_seal.ts";
import { acceptedTotpStep, newTotpSecret, otpauthUrl } from "./totp.ts";

export interface SecondFactorOptions {
  store: Pick<Store, "users">;
  box: SecretBox;
  guard: BruteForceGuard;
  proof: StepUp;
  changes: AccountChanges;
  mail: AccountMail;
  clock: Clock;
  log: Log;
  /** Name that authenticator apps show above the code. */
  issuer: string;
}

/** The kind of code that was accepted. */
export type CodeKind = "totp" | "recovery";

/** Sets up, checks and turns off an account's second factor. */
export class SecondFactor {
  constructor(private readonly options: SecondFactorOptions) {}

  isOn(user: User): boolean {
    return (user.totp?.enabledAt ?? null) !== null;
  }

  /**
   * Creates a new secret, which becomes active once `confirm` has accepted a code of it. Calling it
   * again replaces the pending secret.
   */
  async begin(caller: Caller): Promise<{ secret: string; otpauthUrl: string; qrSvg: string }> {
    const { changes, box, proof, issuer } = this.options;
    proof.require(caller, "Cannot set up a second factor");
    const secret = await newTotpSecret();
    const sealedSecret = await box.seal(secret, owner({ id: caller.userId }));
    const totp = { sealedSecret, enabledAt: null, lastStep: 0 };
    const { user } = await changes.own(caller, ({ user }) => {
      if (this.isOn(user)) {
        throw new AppError("conflict", "Cannot set up a second factor: it is already on");
      }
      return { user: { totp, recoveryCodes: [] } };
    });
    const url = await otpauthUrl(secret, { issuer, account: user.username });
    return { secret, otpauthUrl: url, qrSvg: qrCodeSvg(url) };
  }

  /** Activates the pending secret. Returns the recovery codes, which are shown only this once. */
  async confirm(caller: Caller, code: string): Promise<string[]> {
    const { guard, changes, mail } = this.options;
    const user = await this.#user(caller);
    const pending = user.totp;
    if (!pending) {
      throw new AppError("conflict", "Cannot set up a second factor: the setup was not started");
    }
    if (this.isOn(user)) {
      throw new AppError("conflict", "Cannot set up a second factor: it is already on");
    }
    const lastStep = await guard.guard(
      "second_factor",
      guarded(user, sessionName(caller)),
      caller,
      async () => {
        const step = await this.#step(user, pending, code);
        if (step !== null) return step;
        throw new AppError("unauthenticated", "Cannot set up a second factor: the code is wrong");
      },
    ).catch(asFieldError);
    const { codes, hashes } = await newRecoveryCodes(user.id);
    await changes.own(caller, (account, now) => {
      requireSame(account.user.totp, pending);
      const totp = { ...pending, enabledAt: now, lastStep };
      return {
        user: { totp, recoveryCodes: hashes },
        note: { action: "second_factor.enabled" },
      };
    });
    mail.notice("two_factor_enabled", user, caller);
    return codes;
  }

  async disable(caller: Caller, code: string): Promise<void> {
    const user = await this.#proved(caller, code, "Cannot turn off the second factor");
    const { changes, mail } = this.options;
    await changes.own(caller, (account) => {
      requireSame(account.user.totp, user.totp);
      return {
        user: { totp: null, recoveryCodes: [] },
        note: { action: "second_factor.disabled" },
      };
    });
    mail.notice("two_factor_disabled", user, caller);
  }

  /** Replaces the recovery codes; the old ones no longer work. */
  async renewCodes(caller: Caller, code: string): Promise<string[]> {
    const user = await this.#proved(caller, code, "Cannot renew the recovery codes");
    const { changes, mail } = this.options;
    const { codes, hashes } = await newRecoveryCodes(user.id);
    await changes.own(caller, (account) => {
      requireSame(account.user.totp, user.totp);
      requireNotRenewed(account.user, user);
      return {
        user: { recoveryCodes: hashes },
        note: { action: "second_factor.recovery_codes_renewed" },
      };
    });
    mail.notice("recovery_codes_renewed", user, caller);
    return codes;
  }

  async state(caller: Caller): Promise<{ enabled: boolean; recoveryCodesLeft: number }> {
    const user = await this.#user(caller);
    return { enabled: this.isOn(user), recoveryCodesLeft: user.recoveryCodes.length };
  }

  /**
   * Throws `unauthenticated` unless it is a code, or a recovery code, that was not used before.
   * `knownAs` names the device or session that is known to be the account's.
   */
  async check(
    user: User,
    code: string,
    visitor: Visitor,
    knownAs?: string,
  ): Promise<CodeKind> {
    const kind = await this.options.guard.guard(
      "second_factor",
      guarded(user, knownAs),
      visitor,
      () => this.#use(user, code, visitor),
    );
    if (kind === "recovery") this.options.mail.notice("recovery_code_used", user, visitor);
    return kind;
  }

  async #use(user: User, code: string, visitor: Visitor): Promise<CodeKind> {
    const hash = await recoveryCodeHash(user.id, code);
    if (hash === null) {
      await this.#useTotp(user, code);
      return "totp";
    }
    // Does not need the secret, so that recovery codes work even if the secret cannot be decrypted
    // any more.
    if (!user.recoveryCodes.includes(hash)) throw wrongCode();
    await this.#useRecoveryCode(user.id, hash, visitor);
    return "recovery";
  }

  async #useTotp(user: User, code: string): Promise<void> {
    const { store, box, mail } = this.options;
    const step = this.isOn(user) ? await this.#step(user, user.totp!, code) : null;
    if (step === null || !await store.users.useTotpStep(user.id, step)) throw wrongCode();
    const { sealedSecret } = user.totp!;
    if (!await box.isOutdated(sealedSecret)) return;
    mail.inBackground("Re-encrypting a second factor's secret", async () => {
      await resealSecondFactor(user, this.options);
    });
  }

  async #useRecoveryCode(userId: string, hash: string, visitor: Visitor): Promise<void> {
    await this.options.changes.outside(visitor, userId, ({ user: { recoveryCodes } }) => {
      if (!recoveryCodes.includes(hash)) throw wrongCode();
      return {
        user: { recoveryCodes: recoveryCodes.filter((other) => other !== hash) },
        note: { action: "second_factor.recovery_code_used" },
      };
    });
  }

  async #step(user: User, totp: TotpCredential, code: string): Promise<number | null> {
    const { clock } = this.options;
    const secret = await this.#open(user, totp);
    return await acceptedTotpStep(secret, code, { now: clock.now(), lastStep: totp.lastStep });
  }

  /**
   * Throws `conflict`, naming what still works, if the key of the secret is gone. That is no wrong
   * code, and costs no attempt.
   */
  async #open(user: User, totp: TotpCredential): Promise<string> {
    const { box, log } = this.options;
    try {
      return await box.open(totp.sealedSecret, owner(user));
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      log.error("Second factor cannot be decrypted: is a key missing in ENCRYPTION_KEY_PREVIOUS?", {
        userId: user.id,
        error,
      });
      const instead = this.isOn(user) ? "use a recovery code" : "begin the setup again";
      const message = `Cannot check the code: the server can no longer read the secret; ${instead}`;
      throw new AppError("conflict", message, { cause: error });
    }
  }

  async #proved(caller: Caller, code: string, action: string): Promise<User> {
    this.options.proof.require(caller, action);
    const user = await this.#user(caller);
    if (!this.isOn(user)) throw new AppError("conflict", `${action}: the second factor is off`);
    await this.check(user, code, caller, sessionName(caller));
    return user;
  }

  async #user({ userId }: Caller): Promise<User> {
    const user = await this.options.store.users.byId(userId);
    if (!user) throw new AppError("unauthenticated", "The account no longer exists");
    return user;
  }
}

const guarded = ({ id }: User, knownAs?: string) => ({
  name: personName(id),
  userId: id,
  knownAs,
});

/**
 * The factor that a code was checked against must be the one that is changed. Sealing it again
 * meanwhile is allowed.
 */
function requireSame(now: TotpCredential | null, then: TotpCredential | null): void {
  const enabledAt = now?.enabledAt ?? null;
  const same = enabledAt === null ? now?.sealedSecret === then?.sealedSecret : true;
  if (same && enabledAt === (then?.enabledAt ?? null)) return;
  throw new AppError("conflict", "Cannot change the second factor: another request was faster");
}

/**
 * Codes are used meanwhile, but come only by a renewal: of two at once, the one that is answered
 * first would have shown codes that no longer work.
 */
function requireNotRenewed(now: User, then: User): void {
  if (now.recoveryCodes.every((hash) => then.recoveryCodes.includes(hash))) return;
  throw new AppError("conflict", "Cannot renew the recovery codes: another request was faster");
}

function wrongCode(): AppError {
  return new AppError("unauthenticated", "Cannot accept the second factor: the code is wrong");
}

/** The user is signed in: a wrong code is a wrong field and no reason to sign in again. */
function asFieldError(error: unknown): never {
  if (error instanceof AppError && error.code === "unauthenticated") {
    throw fieldError("invalid_request", "code", error.message);
  }
  throw error;
}
