import type { ClientSession } from "mongodb";
import type { Account, AccountChange, AccountChanged, AccountStore } from "../account_store.ts";
import type { UserPatch } from "../user_store.ts";
import type { MongoAuditStore } from "./audit.ts";
import type { MongoConnection } from "./connection.ts";
import type { MongoDeviceStore } from "./devices.ts";
import type { MongoIdentityStore } from "./identities.ts";
import type { MongoOneTimeTokenStore } from "./one_time_tokens.ts";
import type { MongoPushDeviceStore } from "./push_devices.ts";
import type { MongoSessionStore } from "./sessions.ts";
import type { Transact } from "./transaction.ts";
import type { MongoUserStore } from "./users.ts";

/** The stores that contain an account's rows. */
export interface AccountCollections {
  users: MongoUserStore;
  sessions: MongoSessionStore;
  identities: MongoIdentityStore;
  oneTimeTokens: MongoOneTimeTokenStore;
  devices: MongoDeviceStore;
  pushDevices: MongoPushDeviceStore;
  audit: MongoAuditStore;
}

/**
 * Every change writes the user's own document, with another `updatedAt` (a write that changes
 * nothing conflicts with nothing): of two concurrent changes to one account one meets a write
 * conflict, and is decided again on the result of the other.
 */
export class MongoAccountStore implements AccountStore {
  readonly #transact: Transact;

  constructor(mongo: MongoConnection, private readonly rows: AccountCollections) {
    this.#transact = mongo.transact;
  }

  async change(
    userId: string,
    at: number,
    decide: (account: Account) => AccountChange,
  ): Promise<AccountChanged | null> {
    const { users, identities, sessions } = this.rows;
    let change: AccountChange = {};
    const changed = await this.#transact(async (session) => {
      const user = await users.get(userId, session);
      if (!user || user.deletedAt !== null) return null;
      change = decide({
        user,
        identities: await identities.ofUser(userId, session),
        sessions: await sessions.activeOf(userId, at, session),
      });
      const updatedAt = Math.max(at, user.updatedAt + 1);
      const patch = { ...change.user, updatedAt };
      return await this.#apply(userId, at, { ...change, user: patch }, session);
    });
    if (changed) await this.#untilSeen(change);
    return changed;
  }

  async #untilSeen({ user, endSessions }: AccountChange): Promise<void> {
    const { users, sessions } = this.rows;
    await Promise.all([
      endSessions && endSessions.ids.length > 0 && sessions.untilEnded(),
      user?.deletedAt && users.untilErased(),
    ]);
  }

  async #apply(
    userId: string,
    at: number,
    change: AccountChange & { user: UserPatch },
    session: ClientSession,
  ): Promise<AccountChanged> {
    const { users, identities, sessions, oneTimeTokens, devices, pushDevices, audit } = this.rows;
    const { link, unlink = [], endSessions, deleteTokens, deleteDevices, entry } = change;
    const user = (await users.patch(userId, change.user, session))!;
    if (unlink.length > 0) await identities.remove(userId, unlink, session);
    if (link) await identities.insert(link, session);
    if (endSessions && endSessions.ids.length > 0) {
      await sessions.endThese(userId, endSessions.ids, at, endSessions.reason, session);
    }
    if (deleteTokens) await oneTimeTokens.deleteForUser(userId, deleteTokens, session);
    const removedDevices = deleteDevices ? await devices.delete(userId, undefined, session) : [];
    if (deleteDevices) await pushDevices.deleteAllOf(userId, session);
    if (entry) await audit.insert([entry], session);
    return { user, removedDevices };
  }
}
