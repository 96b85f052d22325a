import { withDeadline } from "../core/deadline.ts";
import type { Clock } from "../core/clock.ts";
import { idsOf, newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Caller } from "../model/caller.ts";
import { ONE_TIME_PURPOSES } from "../model/one_time_token.ts";
import type { AccountChanges } from "../auth/account_changes.ts";
import type { HeldKeys } from "../auth/held_keys.ts";
import type { AccountMail } from "../auth/account_mail.ts";
import type { StepUp } from "../auth/step_up.ts";
import type { SignIn } from "../auth/sign_in.ts";
import type { Store } from "../store/store.ts";
import type { PersonalData } from "./personal_data.ts";

export interface AccountErasureOptions {
  store: Pick<Store, "users" | "erasures">;
  /** Erased in this order. */
  data: readonly PersonalData[];
  changes: AccountChanges;
  heldNames: HeldKeys;
  signIn: SignIn;
  proof: StepUp;
  mail: AccountMail;
  clock: Clock;
  log: Log;
}

/**
 * Milliseconds before the response is sent: erasing a million messages must not keep the request
 * open.
 */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Erases an account for good. The intent is written first, and the account is anonymous from that
 * moment on. The rest may take long and is safe to repeat: any instance resumes it, at the next
 * start or periodically, until it is done.
 */
export class AccountErasure {
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(private readonly options: AccountErasureOptions) {}

  /** Returns true if everything is erased, false if the rest continues after the response. */
  async request(caller: Caller, password?: string): Promise<boolean> {
    const { proof, signIn, store, mail } = this.options;
    if (password === undefined) proof.require(caller, "Cannot delete the account");
    else await signIn.provePassword(caller, password);
    const user = await store.users.byId(caller.userId);
    return await this.#begin(caller.userId, () => {
      // Sent before the address is erased.
      if (user && user.deletedAt === null) mail.notice("account_deleted", user, caller);
    });
  }

  /** Erases a person whom the customer has deleted; returns as `request` does. */
  byServer(userId: string): Promise<boolean> {
    return this.#begin(userId, () => {});
  }

  async #begin(userId: string, announce: () => void): Promise<boolean> {
    const { store, clock } = this.options;
    await store.erasures.begin({ userId, requestedAt: clock.now() });
    announce();
    await this.#anonymize(userId);
    const erased = this.#run(userId);
    const late = Symbol("late");
    return await withDeadline(erased, ANSWER_WITHIN_MS, () => late).catch((error) => {
      if (error === late) return false;
      throw error;
    });
  }

  /** Resumes interrupted erasures, of this or other instances. Never throws. */
  async resume(): Promise<void> {
    try {
      for (const { userId } of await this.options.store.erasures.pending()) await this.#run(userId);
    } catch (error) {
      this.options.log.warn("Reading unfinished erasures failed", { error });
    }
  }

  /** Resolves once no erasure is running here, for a graceful shutdown. */
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

  /** Returns false if it failed and will be retried. */
  async #erase(userId: string): Promise<boolean> {
    const { data, store, log } = this.options;
    try {
      await this.#anonymize(userId);
      for (const part of data) await part.erase(userId);
      await store.erasures.finish(userId);
      return true;
    } catch (error) {
      log.error("Account erasure was interrupted; it will be resumed", { userId, error });
      return false;
    }
  }

  /**
   * Frees the names and the address; the row belongs to no user and cannot be signed in to. Runs
   * once: an erased account cannot be changed. The username is held for a time, so that no one
   * takes it at once to pass for the person.
   */
  async #anonymize(userId: string): Promise<void> {
    const { store, heldNames } = this.options;
    const user = await store.users.byId(userId);
    if (user?.deletedAt === null) await heldNames.holdErased(user.usernameKey);
    const name = await this.#freeName(userId);
    await this.options.changes.byServer(userId, ({ sessions, identities }, now) => ({
      user: { ...erasedUser(name), deletedAt: now },
      unlink: identities.map(({ provider }) => provider),
      endSessions: { ids: idsOf(sessions), reason: "account_deleted" },
      deleteTokens: ONE_TIME_PURPOSES,
      note: { action: "account.erased" },
    }));
  }

  /** Another account may have the address since a release that still let people take it. */
  async #freeName(userId: string): Promise<string> {
    const name = `deleted-${userId}`;
    const holder = await this.options.store.users.byEmailKey(erasedEmail(name));
    return holder === null || holder.id === userId ? name : `deleted-${newId()}`;
  }
}

/** The fields of an erased account; `deletedAt` says since when. */
function erasedUser(name: string) {
  const email = erasedEmail(name);
  return {
    username: name,
    usernameKey: name,
    email,
    emailKey: email,
    emailVerifiedAt: null,
    passwordHash: null,
    displayName: "Deleted account",
    bio: "",
    avatarMediaId: null,
    custom: null,
    status: { state: "online" as const, text: "" },
    lastSeenAt: null,
    lastSeenHidden: true,
    role: "user" as const,
    suspension: null,
    externalId: null,
    pictureUrl: null,
    deactivatedAt: null,
    tokensNotBefore: null,
    shadowedAt: null,
    totp: null,
    recoveryCodes: [],
  };
}

function erasedEmail(name: string): string {
  return `${name}@deleted.invalid`;
}
