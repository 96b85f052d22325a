import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Bot } from "../model/bot.ts";
import type { Identity } from "../model/identity.ts";
import type { User } from "../model/user.ts";
import { networkOf } from "../operations/rate_key.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import { emailKeyOf, usernameKeyOf } from "./account_keys.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { HeldKeys } from "./held_keys.ts";
import { HasherBusy, type PasswordHasher } from "./password_hasher.ts";
import type { HashOrigin } from "./password_queue.ts";
import { requireGoodPassword } from "./password_rules.ts";
import { usernamesFor } from "./username_proposal.ts";
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
  held: HeldKeys;
  heldNames: HeldKeys;
  reserved: ReservedNames;
  /** False if people come from elsewhere only. */
  localRegistration: boolean;
  /** Product name shown in mails. */
  product: string;
  audit: AuditTrail;
  clock: Clock;
}

/** The account that gets the new password, and the request field that holds the password. */
export interface PasswordOwner {
  visitor: Visitor;
  user: Pick<User, "username" | "email"> & { displayName?: string } | null;
  /** Defaults to "password". */
  field?: string;
}

/** Creates accounts and verifies their passwords. */
export class Accounts {
  constructor(private readonly options: AccountsOptions) {}

  /** Throws `forbidden` if accounts are not opened here. */
  async register(visitor: Visitor, registration: Registration): Promise<User> {
    if (!this.options.localRegistration) {
      throw new AppError("forbidden", "Cannot register: accounts are not opened on this server");
    }
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
   * Creates the account, the link to the provider's account for a sign-up through a provider or the
   * bot that is to play it, and the audit entry. Throws `conflict`, naming the field whose value
   * another account has.
   */
  async create(
    visitor: Visitor,
    fields:
      & Pick<
        User,
        "username" | "email" | "displayName" | "passwordHash" | "emailVerifiedAt"
      >
      & Partial<Pick<User, "externalId" | "bio" | "custom" | "isBot">>,
    also: { by?: Omit<Identity, "userId">; bot?: Omit<Bot, "id"> } = {},
  ): Promise<User> {
    const { store, audit, held, heldNames } = this.options;
    const user: User = { ...this.#newUser(fields), ...fields };
    this.requireUnreserved("Cannot register", fields.username);
    if (await held.isHeld(user.emailKey)) throw alreadyTaken("Cannot register", "email", fields);
    // A server that makes its people decides on their names.
    if (!visitor.key && await heldNames.isHeld(user.usernameKey)) {
      throw alreadyTaken("Cannot register", "username", fields);
    }
    const { by } = also;
    const identity = by && { ...by, userId: user.id };
    const bot = also.bot && { ...also.bot, id: user.id };
    const details = by && { provider: by.provider };
    // A server that makes the person is not that person.
    const origin = { actorId: visitor.key ? null : user.id, visitor };
    const note = { action: "account.registered" as const, userId: user.id, details };
    const entry = audit.entryOf(origin, note);
    try {
      await store.users.create(user, { identity, entry, bot });
    } catch (error) {
      throw error instanceof DuplicateKey
        ? alreadyTaken("Cannot register", error.key, fields)
        : error;
    }
    await audit.written(entry);
    return user;
  }

  /** Finds an account by username or e-mail address; a name without @ is never an address. */
  async find(identifier: string): Promise<User | null> {
    const key = this.keyOf(identifier);
    return identifier.includes("@")
      ? await this.options.store.users.byEmailKey(key)
      : await this.options.store.users.byUsernameKey(key);
  }

  /** Returns one key for all spellings of a username or an address. */
  keyOf(identifier: string): string {
    return identifier.includes("@") ? emailKeyOf(identifier) : usernameKeyOf(identifier);
  }

  /**
   * Returns the account if it exists and the password is right. Every other case fails with one and
   * the same error after the same time.
   */
  async authenticate(user: User | null, password: string, from: HashOrigin): Promise<User> {
    const hash = user?.passwordHash ?? null;
    const same = await this.#hashing(() => this.options.hasher.verify(password, hash, from));
    if (same && user && user.deletedAt === null) return await this.#rehashed(user, password, from);
    throw new AppError("unauthenticated", "Cannot sign in: the name or the password is wrong");
  }

  /** Throws `invalid_request` for one of the passwords that attackers guess first. */
  async hash(password: string, owner: PasswordOwner): Promise<string> {
    const { hasher, product } = this.options;
    const { visitor, user, field = "password" } = owner;
    const { username = "", email = "", displayName = "" } = user ?? {};
    const names = [username, displayName, email, email.split("@")[0], product];
    requireGoodPassword(password, { names, field });
    const from = { network: networkOf(visitor.address), person: usernameKeyOf(username) };
    return await this.#hashing(() => hasher.hash(password, from));
  }

  /** The name before is held, so that no one else takes it at once. */
  async rename(caller: Caller, username: string): Promise<User> {
    const { store, changes, heldNames } = this.options;
    const usernameKey = usernameKeyOf(username);
    const action = "Cannot change the username";
    const refused = () => alreadyTaken(action, "username", { username, email: "" });
    this.requireUnreserved(action, username);
    if (await heldNames.isHeld(usernameKey, caller.userId)) throw refused();
    const before = (await store.users.byId(caller.userId))?.usernameKey ?? usernameKey;
    const holds = before !== usernameKey && await heldNames.hold(caller.userId, before);
    try {
      const { user } = await changes.own(caller, () => ({
        user: { username, usernameKey },
        note: { action: "username.changed", details: { to: username } },
      }));
      return user;
    } catch (error) {
      if (holds) await heldNames.release(caller.userId);
      throw error instanceof DuplicateKey ? refused() : error;
    }
  }

  /**
   * After a change of the bcrypt cost, each password is hashed again at its next use: it is then
   * protected as well as the others, and verifying it takes as long as the dummy hash of a missing
   * account.
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
    // Another sign-in was faster, or the password was changed meanwhile and the old one was given.
    const same = await this.#hashing(() => hasher.verify(password, after, from));
    return same ? changed.user : user;
  }

  /** Proposes usernames for a person who was not asked for one. */
  usernamesFor(name: string | null, email: string): string[] {
    return usernamesFor(name, email);
  }

  /** Throws `conflict` for a reserved name. */
  requireUnreserved(action: string, username: string): void {
    if (!this.options.reserved.has(username)) return;
    const message = `${action}: the name ${quote(username)} is reserved`;
    throw fieldError("conflict", "username", message);
  }

  async #hashing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HasherBusy)) throw error;
      const message = "Cannot check the password: too many sign-ins at once";
      throw new AppError("unavailable", message, { retryAfter: 5 });
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
      custom: null,
      status: { state: "online", text: "" },
      lastSeenAt: null,
      lastSeenHidden: false,
      role: "user",
      suspension: null,
      externalId: null,
      pictureUrl: null,
      deactivatedAt: null,
      tokensNotBefore: null,
      shadowedAt: null,
      totp: null,
      recoveryCodes: [],
      isBot: false,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    };
  }
}

function alreadyTaken(
  action: string,
  key: DuplicateKey["key"],
  { username, email }: Pick<User, "username" | "email">,
): AppError {
  if (key === "externalId") {
    return fieldError("conflict", "externalId", `${action}: the external id is taken`);
  }
  if (key === "identity") {
    return new AppError(
      "conflict",
      `${action}: the provider's account is linked to another account`,
    );
  }
  return key === "email"
    ? fieldError("conflict", "email", `${action}: the address ${quote(email)} is taken`)
    : fieldError("conflict", "username", `${action}: the name ${quote(username)} is taken`);
}
