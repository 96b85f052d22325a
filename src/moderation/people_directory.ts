import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { WorkBudget } from "../core/work_budget.ts";
import type { StorageUsage } from "../model/media.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import { suspensionAt, type User, type UserRole } from "../model/user.ts";
import type { ReportCount } from "../store/report_store.ts";
import type { Store } from "../store/store.ts";
import { newestAmong, newestMatching } from "./newest_matching.ts";
import type { MatchingPage } from "./newest_matching.ts";

export interface PeopleQuery {
  q?: string;
  email?: string;
  externalId?: string;
  role?: UserRole;
  suspended?: boolean;
  bot?: boolean;
  createdAfter?: number;
  createdBefore?: number;
  limit: number;
  cursor?: string;
}

/** An account with the figures that moderators look at. */
export interface AccountOverview {
  user: User;
  sessions: number;
  storage: StorageUsage;
  reports: ReportCount;
}

export interface PeopleDirectoryOptions {
  store: Pick<Store, "users" | "sessions" | "media" | "reports">;
  audit: AuditTrail;
  clock: Clock;
  /** Normalizes an address for comparison. */
  keyOf(identifier: string): string;
}

/** Reports counted about one person: more make no difference. */
const MAX_REPORTS = 1_000;
/** Milliseconds of one page by name; the next page continues where it stopped. */
const PAGE_MS = 300;
const ROWS_AT_ONCE = 100;

/** Finds accounts for administrators; blocks do not matter. */
export class PeopleDirectory {
  constructor(private readonly options: PeopleDirectoryOptions) {}

  /** Throws `forbidden` for an API key that asks for an address. */
  async list(
    caller: Caller | ServerCaller,
    query: PeopleQuery,
  ): Promise<MatchingPage<AccountOverview>> {
    const { items, next } = await this.#find(caller, query);
    const overviews: AccountOverview[] = [];
    for (const user of items) overviews.push(await this.#overview(user));
    return { items: overviews, next };
  }

  async get(userId: string): Promise<AccountOverview> {
    const user = await this.options.store.users.byId(userId);
    if (!user || user.deletedAt !== null) throw notFound("user", userId);
    return await this.#overview(user);
  }

  async #find(caller: Caller | ServerCaller, query: PeopleQuery): Promise<MatchingPage<User>> {
    const { users } = this.options.store;
    const { email, externalId, q, role, suspended = false, createdAfter: from = null } = query;
    const isMatch = (user: User) => isListed(user, query, this.options.clock.now());
    const { limit, cursor = null, createdBefore = null } = query;
    const page = { limit, cursor, createdBefore, isMatch };
    if (email !== undefined) return newestAmong(await this.#withEmail(caller, email), page);
    if (externalId !== undefined) {
      return newestAmong([await users.byExternalId(externalId)].flatMap(one), page);
    }
    if (q !== undefined) return await this.#named(q, cursor, limit, isMatch);
    if (role === "admin") return newestAmong(await users.withRole(role), page);
    return await newestMatching({
      ...page,
      read: (before, limit) => users.newest({ before, from, suspended, limit }),
    });
  }

  async #withEmail(caller: Caller | ServerCaller, email: string): Promise<User[]> {
    const { store, audit, keyOf } = this.options;
    if (caller.key) {
      throw new AppError("forbidden", "Cannot look an address up: no API key may, a person may");
    }
    const found = [await store.users.byEmailKey(keyOf(email))].flatMap(one);
    const userId = found[0]?.id;
    await audit.by(caller, { action: "user.looked_up", userId, details: { by: "email" } });
    return found;
  }

  /** By username, as the search of people is. */
  async #named(
    prefix: string,
    cursor: string | null,
    limit: number,
    isMatch: (user: User) => boolean,
  ): Promise<MatchingPage<User>> {
    const budget = await WorkBudget.begin(PAGE_MS);
    const items: User[] = [];
    for (let after = cursor;;) {
      const query = { prefix, hiddenFrom: null, after, limit: ROWS_AT_ONCE };
      const { users, next } = await this.options.store.users.search(query);
      for (const user of users) {
        if (!isMatch(user)) continue;
        if (items.length === limit) return { items, next: items.at(-1)!.usernameKey };
        items.push(user);
      }
      if (next === null || budget.isSpent) return { items, next };
      after = next;
    }
  }

  async #overview(user: User): Promise<AccountOverview> {
    const { store, clock } = this.options;
    const [sessions, storage, reports] = await Promise.all([
      store.sessions.activeOf(user.id, clock.now()),
      store.media.usage(user.id),
      store.reports.countAbout(user.id, MAX_REPORTS),
    ]);
    return { user, sessions: sessions.length, storage, reports };
  }
}

const one = <T>(found: T | null): T[] => found === null ? [] : [found];

function isListed(user: User, query: PeopleQuery, now: number): boolean {
  const { role, suspended, bot, externalId, createdAfter = 0, createdBefore = Infinity } = query;
  return user.deletedAt === null &&
    (role === undefined || user.role === role) &&
    (suspended === undefined || suspended === (suspensionAt(user, now) !== null)) &&
    (bot === undefined || user.isBot === bot) &&
    (externalId === undefined || user.externalId === externalId) &&
    user.createdAt >= createdAfter && user.createdAt < createdBefore;
}
