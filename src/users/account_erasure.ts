import type { Clock } from "../core/clock.ts";
import { idsOf } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Caller } from "../model/caller.ts";
import { ONE_TIME_PURPOSES } from "../model/one_time_token.ts";
import type { AccountChanges } from "../auth/account_changes.ts";
import type { AccountMail } from "../auth/account_mail.ts";
import type { StepUp } from "../auth/step_up.ts";
import type { SignIn } from "../auth/sign_in.ts";
import type { Store } from "../store/store.ts";
import type { PersonalData } from "./personal_data.ts";

export interface AccountErasureOptions {
  store: Pick<Store, "users" | "erasures">;
  /** In this order. */
  data: readonly PersonalData[];
  changes: AccountChanges;
  signIn: SignIn;
  proof: StepUp;
  mail: AccountMail;
  clock: Clock;
  log: Log;
}

/** Someone who sent a million messages need not wait for them with the request open. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Ends an account for good. Its intent is written first, and the account is nobody's from that moment
 * on; what follows can be long, is safe to repeat, and is taken up again at the next start, or
 * in a while, by whichever instance, until it is done.
 */
export class AccountErasure {
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(private readonly options: AccountErasureOptions) {}

  /** True when all is gone, false when the rest goes on behind the answer. */
  async request(caller: Caller, password?: string): Promise<boolean> {
    const { proof, signIn, store, mail, clock } = this.options;
    if (password === undefined) proof.require(caller, "Deleting the account");
    else await signIn.provePassword(caller, password);
    const user = await store.users.byId(caller.userId);
    await store.erasures.begin({ userId: caller.userId, requestedAt: clock.now() });
    // To the address as it still is.
    if (user && user.deletedAt === null) mail.notice("account_deleted", user, caller);
    await this.#anonymise(caller.userId);
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS);
    return await Promise.race([this.#run(caller.userId), late])
      .finally(() => clearTimeout(timer));
  }

  /** Takes up what was interrupted, here or elsewhere. Never throws. */
  async resume(): Promise<void> {
    try {
      for (const { userId } of await this.options.store.erasures.pending()) await this.#run(userId);
    } catch (error) {
      this.options.log.warn("Looking for erasures to finish failed", { error });
    }
  }

  /** Resolves once none is under way here: for a drain. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #run(userId: string): Promise<boolean> {
    let running = this.#running.get(userId);
    if (!running) {
      running = this.#erase(userId).finally(() => this.#running.delete(userId));
      this.#running.set(userId, running);
    }
    return running;
  }

  /** False when it failed, and will be tried again. */
  async #erase(userId: string): Promise<boolean> {
    const { data, store, log } = this.options;
    try {
      await this.#anonymise(userId);
      for (const part of data) await part.erase(userId);
      await store.erasures.finish(userId);
      return true;
    } catch (error) {
      log.error("Erasing an account was interrupted; it will be taken up again", { userId, error });
      return false;
    }
  }

  /**
   * Names and address are free again; the row is nobody's, and cannot be signed in to. Done once: what
   * is erased is not changed any more.
   */
  async #anonymise(userId: string): Promise<void> {
    await this.options.changes.byServer(userId, ({ sessions, identities }, now) => ({
      user: { ...erasedUser(userId), deletedAt: now },
      unlink: identities.map(({ provider }) => provider),
      endSessions: { ids: idsOf(sessions), reason: "account_deleted" },
      dropTokens: ONE_TIME_PURPOSES,
      note: { action: "account.erased" },
    }));
  }
}

/** What is left of a person; `deletedAt` says since when. */
function erasedUser(userId: string) {
  const name = `deleted-${userId}`;
  return {
    username: name,
    usernameKey: name,
    email: `${name}@deleted.invalid`,
    emailKey: `${name}@deleted.invalid`,
    emailVerifiedAt: null,
    passwordHash: null,
    displayName: "Deleted account",
    bio: "",
    avatarMediaId: null,
    status: { state: "online" as const, text: "" },
    lastSeenAt: null,
    lastSeenHidden: true,
    role: "user" as const,
    suspension: null,
    totp: null,
    recoveryCodes: [],
  };
}
