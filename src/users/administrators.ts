import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { suspensionAt, type User } from "../model/user.ts";
import type { AccountChanges } from "../auth/account_changes.ts";
import type { Store } from "../store/store.ts";

export interface AdministratorsOptions {
  store: Pick<Store, "users">;
  changes: AccountChanges;
  clock: Clock;
  /** Normalizes a username or an address for comparison. */
  keyOf(identifier: string): string;
  /** Addresses listed in ADMIN_EMAILS. */
  adminEmails: readonly string[];
  /** True if an administrator by role needs a second factor too. */
  requireSecondFactor: boolean;
}

/**
 * The reason why an account is an administrator, or why it is not despite its role or listed
 * address.
 */
export interface Standing {
  by: "role" | "ADMIN_EMAILS" | null;
  /** The missing condition; null if none is missing. */
  withheld: string | null;
}

/**
 * The administrators of the server. An operator grants the role on the machine itself; a listed
 * address counts once it is confirmed and the account has a second factor, because following a
 * mailed link takes one click. Both are checked with every request, so the role ends as soon as a
 * condition is no longer met.
 */
export class Administrators {
  constructor(private readonly options: AdministratorsOptions) {}

  /**
   * Throws `forbidden`, naming the missing condition, if only that keeps the user from being one.
   */
  async isAdmin(userId: string): Promise<boolean> {
    const user = await this.options.store.users.byId(userId);
    if (!user) return false;
    const { by, withheld } = this.standingOf(user);
    if (by === null || withheld === null) return by !== null;
    throw new AppError("forbidden", `Only administrators may do this: ${withheld}`);
  }

  standingOf(user: User): Standing {
    const { adminEmails, requireSecondFactor, clock, keyOf } = this.options;
    const isListed = adminEmails.some((address) => keyOf(address) === user.emailKey);
    const by: Standing["by"] = user.role === "admin" ? "role" : isListed ? "ADMIN_EMAILS" : null;
    const withheld = (reason: string): Standing => ({ by, withheld: reason });
    if (by === null || user.deletedAt !== null) return { by: null, withheld: null };
    if (suspensionAt(user, clock.now())) return withheld("the account is suspended");
    if (by === "ADMIN_EMAILS" && user.emailVerifiedAt === null) {
      return withheld("the e-mail address is not confirmed");
    }
    const hasFactor = (user.totp?.enabledAt ?? null) !== null;
    const needsFactor = requireSecondFactor || by === "ADMIN_EMAILS";
    if (needsFactor && !hasFactor) return withheld("turn on a second factor first");
    return { by, withheld: null };
  }

  /** Throws `not_found` if there is no such account. Granting twice changes nothing. */
  grant(username: string): Promise<User> {
    return this.#setRole(username, "admin");
  }

  /** Throws `not_found` if there is no such account. Does not affect an address in ADMIN_EMAILS. */
  revoke(username: string): Promise<User> {
    return this.#setRole(username, "user");
  }

  /** Returns the users with the role and those with a listed address, sorted by username. */
  async list(): Promise<User[]> {
    const { store, adminEmails, keyOf } = this.options;
    const listed = await Promise.all(
      adminEmails.map((address) => store.users.byEmailKey(keyOf(address))),
    );
    const all = [...await store.users.withRole("admin"), ...listed.filter((user) => user !== null)];
    const byId = new Map(all.map((user) => [user.id, user]));
    return [...byId.values()].sort((a, b) => a.usernameKey < b.usernameKey ? -1 : 1);
  }

  async #setRole(username: string, role: User["role"]): Promise<User> {
    const { store, changes, keyOf } = this.options;
    const found = await store.users.byUsernameKey(keyOf(username));
    const changed = found && await changes.byServer(found.id, ({ user }) => {
      if (user.role === role) return {};
      const action = role === "admin" ? "admin.granted" as const : "admin.revoked" as const;
      return { user: { role }, note: { action } };
    });
    if (!changed) throw notFound("user", username);
    return changed.user;
  }
}
