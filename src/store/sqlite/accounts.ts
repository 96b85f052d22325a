import type { Account, AccountChange, AccountChanged, AccountStore } from "../account_store.ts";
import type { UserPatch } from "../user_store.ts";
import type { SqliteAuditStore } from "./audit.ts";
import type { Database } from "./database.ts";
import type { SqliteDeviceStore } from "./devices.ts";
import type { SqliteIdentityStore } from "./identities.ts";
import type { SqliteOneTimeTokenStore } from "./one_time_tokens.ts";
import type { SqlitePushDeviceStore } from "./push_devices.ts";
import type { SqliteSessionStore } from "./sessions.ts";
import type { SqliteUserStore } from "./users.ts";

/** The tables that contain an account's rows. */
export interface AccountTables {
  users: SqliteUserStore;
  sessions: SqliteSessionStore;
  identities: SqliteIdentityStore;
  oneTimeTokens: SqliteOneTimeTokenStore;
  devices: SqliteDeviceStore;
  pushDevices: SqlitePushDeviceStore;
  audit: SqliteAuditStore;
}

export class SqliteAccountStore implements AccountStore {
  readonly #db: Database;

  constructor(db: Database, private readonly tables: AccountTables) {
    this.#db = db;
  }

  change(
    userId: string,
    at: number,
    decide: (account: Account) => AccountChange,
  ): Promise<AccountChanged | null> {
    const { users, identities, sessions } = this.tables;
    return this.#db.write(() => {
      const user = users.get(userId);
      if (!user || user.deletedAt !== null) return null;
      const change = decide({
        user,
        identities: identities.listOf(userId),
        sessions: sessions.liveOf(userId, at),
      });
      const updatedAt = Math.max(at, user.updatedAt + 1);
      return this.#apply(userId, at, { ...change, user: { ...change.user, updatedAt } });
    });
  }

  #apply(
    userId: string,
    at: number,
    change: AccountChange & { user: UserPatch },
  ): AccountChanged {
    const { users, identities, sessions, oneTimeTokens, devices, pushDevices, audit } = this.tables;
    const user = users.patch(userId, change.user)!;
    for (const provider of change.unlink ?? []) identities.remove(userId, provider);
    if (change.link) identities.insert(change.link);
    const { ids = [], reason } = change.endSessions ?? {};
    for (const id of ids) sessions.endNow(id, at, reason!);
    if (change.deleteTokens) oneTimeTokens.deleteNow(userId, change.deleteTokens);
    const removedDevices = change.deleteDevices ? devices.delete(userId) : [];
    if (change.deleteDevices) pushDevices.deleteNow(userId);
    if (change.entry) audit.insert(change.entry);
    return { user, removedDevices };
  }
}
