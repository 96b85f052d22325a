import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { User } from "../model/user.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import { emailKeyOf, usernameKeyOf } from "./account_keys.ts";
import { HasherBusy } from "./password_hasher_bcrypt.ts";
import type { PasswordHasher } from "./password_hasher.ts";

export interface Registration {
  username: string;
  email: string;
  password: string;
  displayName?: string;
}

/** Makes accounts and finds whose password it is. */
export class Accounts {
  constructor(
    private readonly store: Pick<Store, "users">,
    private readonly hasher: PasswordHasher,
    private readonly clock: Clock,
  ) {}

  async register(registration: Registration): Promise<User> {
    const { username, email, password, displayName } = registration;
    const passwordHash = await this.#hashing(() => this.hasher.hash(password));
    const user = this.#newUser({ username, email, displayName: displayName ?? username });
    try {
      await this.store.users.create({ ...user, passwordHash });
    } catch (error) {
      throw error instanceof DuplicateKey ? taken(error, registration) : error;
    }
    return { ...user, passwordHash };
  }

  /**
   * The account, if there is one by this name or address and this is its password. Every other case
   * gives the same answer in the same time.
   */
  async authenticate(identifier: string, password: string): Promise<User> {
    const user = identifier.includes("@")
      ? await this.store.users.byEmailKey(emailKeyOf(identifier))
      : await this.store.users.byUsernameKey(usernameKeyOf(identifier));
    const hash = user?.passwordHash ?? null;
    const same = await this.#hashing(() => this.hasher.verify(password, hash));
    if (!same || !user || user.deletedAt !== null) {
      throw new AppError("unauthenticated", "Signing in: the name or the password is wrong");
    }
    if (user.suspension) {
      const about = `Signing in: the account is suspended (${quote(user.suspension.reason)})`;
      throw new AppError("account_suspended", about);
    }
    return user;
  }

  async #hashing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HasherBusy)) throw error;
      const about = "Checking the password: too many sign-ins at once";
      throw new AppError("unavailable", about, { retryAfter: 5 });
    }
  }

  #newUser(names: Pick<User, "username" | "email" | "displayName">): User {
    const now = this.clock.now();
    return {
      id: newId(),
      ...names,
      usernameKey: usernameKeyOf(names.username),
      emailKey: emailKeyOf(names.email),
      emailVerifiedAt: null,
      passwordHash: null,
      bio: "",
      avatarMediaId: null,
      status: { state: "online", text: "" },
      lastSeenAt: null,
      lastSeenHidden: false,
      role: "user",
      suspension: null,
      totp: null,
      recoveryCodes: [],
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    };
  }
}

function taken({ key }: DuplicateKey, { username, email }: Registration): AppError {
  return key === "email"
    ? fieldError("conflict", "email", `Registering: the address ${quote(email)} is taken`)
    : fieldError("conflict", "username", `Registering: the name ${quote(username)} is taken`);
}
