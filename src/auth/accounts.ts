import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Identity } from "../model/identity.ts";
import type { User } from "../model/user.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { emailKeyOf, usernameKeyOf } from "./account_keys.ts";
import type { AuditTrail } from "./audit_trail.ts";
import { HasherBusy, type PasswordHasher } from "./password_hasher.ts";

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
    private readonly changes: AccountChanges,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  async register(visitor: Visitor, registration: Registration): Promise<User> {
    const { username, email, password, displayName } = registration;
    const passwordHash = await this.hash(password);
    return await this.create(visitor, {
      username,
      email,
      displayName: displayName ?? username,
      passwordHash,
      emailVerifiedAt: null,
    });
  }

  /**
   * The account, the provider's account by which they came, if they did, and the entry that says so.
   * Throws `conflict`, naming the field whose value someone else has.
   */
  async create(
    visitor: Visitor,
    fields: Pick<
      User,
      "username" | "email" | "displayName" | "passwordHash" | "emailVerifiedAt"
    >,
    by?: Omit<Identity, "userId">,
  ): Promise<User> {
    const user = { ...this.#newUser(fields), ...fields };
    const identity = by && { ...by, userId: user.id };
    const details = by && { provider: by.provider };
    const origin = { actorId: user.id, visitor };
    const note = { action: "account.registered" as const, userId: user.id, details };
    const entry = this.audit.entryOf(origin, note);
    try {
      await this.store.users.create(user, { identity, entry });
    } catch (error) {
      throw error instanceof DuplicateKey ? taken("Registering", error, fields) : error;
    }
    await this.audit.written(entry);
    return user;
  }

  /** By username or e-mail address; a name without @ is never an address. */
  async find(identifier: string): Promise<User | null> {
    const key = this.keyOf(identifier);
    return identifier.includes("@")
      ? await this.store.users.byEmailKey(key)
      : await this.store.users.byUsernameKey(key);
  }

  /** The same for all ways of writing one name, or one address. */
  keyOf(identifier: string): string {
    return identifier.includes("@") ? emailKeyOf(identifier) : usernameKeyOf(identifier);
  }

  /**
   * The account, if there is one and this is its password. Every other case gives the same answer in
   * the same time.
   */
  async authenticate(user: User | null, password: string): Promise<User> {
    const hash = user?.passwordHash ?? null;
    const same = await this.#hashing(() => this.hasher.verify(password, hash));
    if (same && user && user.deletedAt === null) return await this.#rehashed(user, password);
    throw new AppError("unauthenticated", "Signing in: the name or the password is wrong");
  }

  hash(password: string): Promise<string> {
    return this.#hashing(() => this.hasher.hash(password));
  }

  async rename(caller: Caller, username: string): Promise<User> {
    const usernameKey = usernameKeyOf(username);
    try {
      const { user } = await this.changes.own(caller, () => ({
        user: { username, usernameKey },
        note: { action: "username.changed", details: { to: username } },
      }));
      return user;
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      throw taken("Changing the username", error, { username, email: "" });
    }
  }

  /**
   * After a change of the cost each password is hashed anew when it comes: it is as well kept as others,
   * and takes as long to check as the one of nobody does.
   */
  async #rehashed(user: User, password: string): Promise<User> {
    const before = user.passwordHash!;
    if (!this.hasher.isOutdated(before)) return user;
    const passwordHash = await this.hash(password);
    const changed = await this.changes.byServer(
      user.id,
      ({ user: now }) => now.passwordHash === before ? { user: { passwordHash } } : {},
    );
    const after = changed?.user.passwordHash ?? null;
    if (!changed || after === passwordHash) return changed?.user ?? user;
    // Another sign-in was faster; or else the password is another by now, and the old one was right.
    const same = await this.#hashing(() => this.hasher.verify(password, after));
    return same ? changed.user : user;
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

function taken(
  action: string,
  { key }: DuplicateKey,
  { username, email }: Pick<User, "username" | "email">,
): AppError {
  if (key === "identity") {
    return new AppError("conflict", `${action}: the provider's account has an account already`);
  }
  return key === "email"
    ? fieldError("conflict", "email", `${action}: the address ${quote(email)} is taken`)
    : fieldError("conflict", "username", `${action}: the name ${quote(username)} is taken`);
}
