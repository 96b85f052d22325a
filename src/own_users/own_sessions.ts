import type { AuditTrail } from "../audit/audit_trail.ts";
import type { AccountChanges } from "../auth/account_changes.ts";
import type { Sessions, TokenPair } from "../auth/sessions.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { idsOf } from "../core/ids.ts";
import type { ServerCaller } from "../model/caller.ts";
import { suspensionAt, type User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import { requireMayChange } from "../operations/key_access.ts";
import type { OwnUsers } from "./own_users.ts";

export interface OwnSessionsOptions {
  store: Pick<Store, "users">;
  people: OwnUsers;
  sessions: Sessions;
  changes: AccountChanges;
  audit: AuditTrail;
  clock: Clock;
}

/** Sessions that a customer's backend opens and ends for its people. */
export class OwnSessions {
  constructor(private readonly options: OwnSessionsOptions) {}

  /** The backend has checked who signs in: neither a password nor a second factor is asked for. */
  async open(
    caller: ServerCaller,
    externalId: string,
    deviceName?: string,
  ): Promise<{ user: User; pair: TokenPair }> {
    const { people, sessions, audit, store } = this.options;
    const user = await people.require(externalId);
    requireMayChange(caller, user);
    this.#requireActive(user);
    const { pair, sessionId } = await sessions.open(user.id, caller, deviceName);
    // Whatever ended all sessions meanwhile did not see this one.
    const now = await store.users.byId(user.id);
    if (!now || now.deletedAt !== null || suspensionAt(now, this.options.clock.now())) {
      await sessions.end(sessionId, "ended_by_server");
      throw new AppError("account_suspended", "Cannot sign in: the account has just changed");
    }
    const details = { method: "server", sessionId };
    await audit.by(caller, { action: "session.opened", userId: user.id, details });
    return { user: now, pair };
  }

  /** The customer's tokens of the person that were issued until now are refused, too. */
  async endAll(caller: ServerCaller, externalId: string): Promise<number> {
    const { people, changes } = this.options;
    const user = await people.require(externalId);
    requireMayChange(caller, user);
    const changed = await changes.by(caller, user.id, ({ sessions }, at) => ({
      user: { tokensNotBefore: at },
      endSessions: { ids: idsOf(sessions), reason: "ended_by_server" },
      note: { action: "session.ended", details: { sessionId: "all" } },
    }));
    return changed?.endedSessions.length ?? 0;
  }

  #requireActive(user: User): void {
    const suspension = suspensionAt(user, this.options.clock.now());
    if (!suspension) return;
    throw new AppError("account_suspended", `Cannot sign in: ${suspension.reason}`);
  }
}
