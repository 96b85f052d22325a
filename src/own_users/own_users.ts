import type { AccountChanges } from "../auth/account_changes.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { ServerCaller, Visitor } from "../model/caller.ts";
import { type CustomData, isSameCustom } from "../model/custom_data.ts";
import type { User } from "../model/user.ts";
import { requireMayChange, requireScope } from "../operations/key_access.ts";
import { DuplicateKey, type Store } from "../store/store.ts";

export interface OwnUserFields {
  name?: string;
  username?: string;
  bio?: string;
  custom?: CustomData | null;
  role?: User["role"];
}

export interface OwnUsersOptions {
  store: Pick<Store, "users">;
  accounts: Accounts;
  changes: AccountChanges;
  clock: Clock;
  /** Called after what others see of a person has changed. */
  onProfileChanged(user: User): void;
}

/**
 * The customer's own people: each is found by the customer's id, and has neither a password nor an
 * address here. An account that was opened here is never taken for one of them.
 */
export class OwnUsers {
  constructor(private readonly options: OwnUsersOptions) {}

  /** Throws `not_found` if the customer has no such person here. */
  async require(externalId: string): Promise<User> {
    const user = await this.options.store.users.byExternalId(externalId);
    if (!user) throw notFound("person with the external id", externalId);
    return user;
  }

  list(page: { after: string | null; limit: number }): Promise<User[]> {
    return this.options.store.users.external(page);
  }

  /**
   * Makes the person, or changes the given fields. Of concurrent calls one makes the person, and
   * the others change them. Throws `conflict` for a taken username.
   */
  async put(
    caller: ServerCaller,
    externalId: string,
    fields: OwnUserFields,
  ): Promise<{ user: User; made: boolean }> {
    const { user, made } = await this.ensure(caller, externalId, fields);
    const { role } = fields;
    if (role !== undefined && role !== user.role) requireScope(caller.key, "admins:write");
    const named = made ? user : await this.change(caller, user, fields);
    const isChanged = role !== undefined && role !== named.role;
    return { user: isChanged ? await this.#setRole(caller, named, role) : named, made };
  }

  /** Returns the person; makes them if the customer has none of this id here. */
  async ensure(
    visitor: Visitor,
    externalId: string,
    fields: OwnUserFields,
  ): Promise<{ user: User; made: boolean }> {
    const { users } = this.options.store;
    const found = await users.byExternalId(externalId);
    if (found) return { user: found, made: false };
    try {
      return { user: await this.#make(visitor, externalId, fields), made: true };
    } catch (error) {
      const isConflict = error instanceof AppError && error.code === "conflict";
      const other = isConflict ? await users.byExternalId(externalId) : null;
      if (other) return { user: other, made: false };
      throw error;
    }
  }

  /** Changes the given fields that differ. A key needs `admins:write` for an administrator. */
  async change(caller: Visitor, user: User, fields: OwnUserFields): Promise<User> {
    requireMayChange(caller, user);
    const { name = user.displayName, username = user.username, bio = user.bio } = fields;
    const { custom = user.custom } = fields;
    const isSame = name === user.displayName && username === user.username && bio === user.bio &&
      isSameCustom(custom, user.custom);
    if (isSame) return user;
    if (username !== user.username) {
      this.options.accounts.requireUnreserved("Cannot change the person", username);
    }
    const patch = {
      displayName: name,
      username,
      usernameKey: this.options.accounts.keyOf(username),
      bio,
      custom,
    };
    const changed = await this.#update(user, patch);
    this.options.onProfileChanged(changed);
    return changed;
  }

  /** Ends all sessions, and keeps the person out until `reactivate`. */
  async deactivate(caller: ServerCaller, externalId: string): Promise<User> {
    const user = await this.require(externalId);
    requireMayChange(caller, user);
    const changed = await this.options.changes.by(caller, user.id, ({ user, sessions }, at) => {
      if (user.deactivatedAt !== null) return {};
      return {
        user: { deactivatedAt: at, tokensNotBefore: at },
        endSessions: { ids: sessions.map(({ id }) => id), reason: "ended_by_server" },
        note: { action: "user.deactivated" },
      };
    });
    return changed?.user ?? user;
  }

  async reactivate(caller: ServerCaller, externalId: string): Promise<User> {
    const user = await this.require(externalId);
    requireMayChange(caller, user);
    const changed = await this.options.changes.by(caller, user.id, ({ user }) => {
      if (user.deactivatedAt === null) return {};
      return { user: { deactivatedAt: null }, note: { action: "user.reactivated" } };
    });
    return changed?.user ?? user;
  }

  async #update(user: User, patch: Partial<User>): Promise<User> {
    const { store, clock } = this.options;
    try {
      const changed = await store.users.update(user.id, { ...patch, updatedAt: clock.now() });
      if (!changed) throw notFound("person with the external id", user.externalId!);
      return changed;
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const message = `Cannot change the person: the name ${quote(patch.username)} is taken`;
      throw fieldError("conflict", "username", message);
    }
  }

  async #setRole(caller: ServerCaller, user: User, role: User["role"]): Promise<User> {
    const action = role === "admin" ? "admin.granted" as const : "admin.revoked" as const;
    const changed = await this.options.changes.by(
      caller,
      user.id,
      () => ({ user: { role }, note: { action } }),
    );
    return changed?.user ?? user;
  }

  /** With the requested username, or else the first free one of those that fit the name. */
  async #make(visitor: Visitor, externalId: string, fields: OwnUserFields): Promise<User> {
    const { accounts, clock } = this.options;
    const { name, username: wanted, bio, custom } = fields;
    const names = wanted === undefined ? accounts.usernamesFor(name ?? null, externalId) : [wanted];
    for (const [i, username] of names.entries()) {
      try {
        return await accounts.create(visitor, {
          username,
          email: `${newId()}@own-user.invalid`,
          displayName: name ?? username,
          passwordHash: null,
          // The customer vouches for the person.
          emailVerifiedAt: clock.now(),
          externalId,
          ...(bio !== undefined && { bio }),
          ...(custom !== undefined && { custom }),
        });
      } catch (error) {
        const conflict = error instanceof AppError ? error.errors?.[0].path : undefined;
        if (conflict !== "username" || i === names.length - 1) throw error;
      }
    }
    throw new Error("No username was proposed");
  }
}
