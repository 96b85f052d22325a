import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Identity } from "../model/identity.ts";
import type { User } from "../model/user.ts";
import { networkOf } from "../operations/rate_key.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { emailKeyOf, usernameKeyOf } from "./account_keys.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { HeldAddresses } from "./held_addresses.ts";
import { HasherBusy, type PasswordHasher } from "./password_hasher.ts";
import type { HashOrigin } from "./password_queue.ts";
import { requireGoodPassword } from "./password_rules.ts";
import type { ReservedNames } from "./reserved_names.ts";

export interface Registration {
  username: string;
  email: string;
  password: string;
  displayName?: string;
}

export interface AccountsOptions {
  store: Pick<Store, "users">;
  hasher: PasswordHasher;
  changes: AccountChanges;
  held: HeldAddresses;
  reserved: ReservedNames;
  /** Name of the product, as mails show it. */
  product: string;
  audit: AuditTrail;
  clock: Clock;
}

/** The account that gets the new password, and the request field that holds it. */
export interface PasswordOwner {
  visitor: Visitor;
  user: Pick<User, "username" | "email"> & { displayName?: string } | null;
  /** "password" unless given. */
  field?: string;
}

/** Makes accounts and finds whose password it is. */
export class Accounts {
  constructor(private readonly options: AccountsOptions) {}

  async register(visitor: Visitor, registration: Registration): Promise<User> {
    const { username, email, password, displayName } = registration;
    const passwordHash = await this.hash(password, { visitor, user: registration });
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
    const { store, audit, held } = this.options;
    const user = { ...this.#newUser(fields), ...fields };
    this.#requireUnreserved("Registering", fields.username);
    if (await held.isHeld(user.emailKey)) throw taken("Registering", "email", fields);
    const identity = by && { ...by, userId: user.id };
    const details = by && { provider: by.provider };
    const origin = { actorId: user.id, visitor };
    const note = { action: "account.registered" as const, userId: user.id, details };
    const entry = audit.entryOf(origin, note);
    try {
      await store.users.create(user, { identity, entry });
    } catch (error) {
      throw error instanceof DuplicateKey ? taken("Registering", error.key, fields) : error;
    }
    await audit.written(entry);
    return user;
  }

  /** By username or e-mail address; a name without @ is never an address. */
  async find(identifier: string): Promise<User | null> {
    const key = this.keyOf(identifier);
    return identifier.includes("@")
      ? await this.options.store.users.byEmailKey(key)
      : await this.options.store.users.byUsernameKey(key);
  }

  /** The same for all ways of writing one name, or one address. */
  keyOf(identifier: string): string {
    return identifier.includes("@") ? emailKeyOf(identifier) : usernameKeyOf(identifier);
  }

  /**
   * The account, if there is one and this is its password. Every other case gives the same answer in
   * the same time.
   */
  async authenticate(user: User | null, password: string, from: HashOrigin): Promise<User> {
    const hash = user?.passwordHash ?? null;
    const same = await this.#hashing(() => this.options.hasher.verify(password, hash, from));
    if (same && user && user.deletedAt === null) return await this.#rehashed(user, password, from);
    throw new AppError("unauthenticated", "Signing in: the name or the password is wrong");
  }

  /** Throws `invalid_request` for a password that is guessed first. */
  async hash(password: string, owner: PasswordOwner): Promise<string> {
    const { hasher, product } = this.options;
    const { visitor, user, field = "password" } = owner;
    const { username = "", email = "", displayName = "" } = user ?? {};
    const names = [username, displayName, email, email.split("@")[0], product];
    requireGoodPassword(password, { names, field });
    const from = { network: networkOf(visitor.address), person: usernameKeyOf(username) };
    return await this.#hashing(() => hasher.hash(password, from));
  }

  async rename(caller: Caller, username: string): Promise<User> {
    const usernameKey = usernameKeyOf(username);
    this.#requireUnreserved("Changing the username", username);
    try {
      const { user } = await this.options.changes.own(caller, () => ({
        user: { username, usernameKey },
        note: { action: "username.changed", details: { to: username } },
      }));
      return user;
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      throw taken("Changing the username", error.key, { username, email: "" });
    }
  }

  /**
   * After a change of the cost each password is hashed anew when it comes: it is as well kept as others,
   * and takes as long to check as the one of nobody does.
   */
  async #rehashed(user: User, password: string, from: HashOrigin): Promise<User> {
    const before = user.passwordHash!;
    const { hasher, changes } = this.options;
    if (!hasher.isOutdated(before)) return user;
    const passwordHash = await this.#hashing(() => hasher.hash(password, from));
    const changed = await changes.byServer(
      user.id,
      ({ user: now }) => now.passwordHash === before ? { user: { passwordHash } } : {},
    );
    const after = changed?.user.passwordHash ?? null;
    if (!changed || after === passwordHash) return changed?.user ?? user;
    // Another sign-in was faster; or else the password is another by now, and the old one was right.
    const same = await this.#hashing(() => hasher.verify(password, after, from));
    return same ? changed.user : user;
  }

  #requireUnreserved(action: string, username: string): void {
    if (!this.options.reserved.has(username)) return;
    const about = `${action}: the name ${quote(username)} is reserved`;
    throw fieldError("conflict", "username", about);
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
    const now = this.options.clock.now();
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
  key: DuplicateKey["key"],
  { username, email }: Pick<User, "username" | "email">,
): AppError {
  if (key === "identity") {
    return new AppError("conflict", `${action}: the provider's account has an account already`);
  }
  return key === "email"
    ? fieldError("conflict", "email", `${action}: the address ${quote(email)} is taken`)
    : fieldError("conflict", "username", `${action}: the name ${quote(username)} is taken`);
}
