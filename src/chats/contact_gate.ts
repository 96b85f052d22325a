import { AppError, notFound, rateLimited } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ContactAudience, ContactAudiences } from "../model/contact.ts";
import type { User } from "../model/user.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rates } from "../api/rate_limits.ts";
import type { Store } from "../store/store.ts";
import type { Shadows } from "./shadows.ts";
import type { ContactPolicy } from "./contact_policy.ts";

/**
 * How a caller may reach one person: `added` directly, `asked` for their consent, or `refused` for
 * now. `stranger` is true if the two shared no chat before.
 */
export type Admission =
  | { way: "added"; userId: string; stranger: boolean }
  | { way: "asked"; userId: string }
  | { way: "refused"; userId: string; error: AppError };

/** Purpose of the caller: to add people to a group, or to begin a direct chat. */
export type ContactPurpose = keyof ContactAudiences;

export interface ContactGateOptions {
  store: Pick<Store, "bots" | "users" | "contacts" | "memberships">;
  contactPolicy: ContactPolicy;
  /** A shadowed person reaches others by a request, which is never made. */
  shadows: Pick<Shadows, "has">;
  limiter: RateLimiter;
  rates: Pick<Rates, "strangers" | "unconfirmed" | "join">;
  defaults: ContactAudiences;
  /**
   * Whether addresses can be confirmed: only then does an unconfirmed address limit its account.
   */
  mailConfigured: boolean;
  log: Log;
}

/**
 * Decides how people may be reached: each person chooses whom they let in, others have to ask, and
 * the number of strangers who reach one person is limited, whatever the way.
 */
export class ContactGate {
  constructor(private readonly options: ContactGateOptions) {}

  /**
   * Returns one admission per person, in the order given. Throws `not_found` naming the first
   * person who does not exist, was erased, or has blocked the caller: the three cases look alike to
   * the caller, and so do incoming webhooks, which belong to one group.
   */
  async admit(callerId: string, userIds: string[], purpose: ContactPurpose): Promise<Admission[]> {
    const { contactPolicy, store, defaults } = this.options;
    await this.#requireNoHook(await contactPolicy.requireReachable(callerId, userIds));
    const acquainted = new Set(await store.memberships.acquaintedWith(callerId, userIds));
    const rows = await store.contacts.settingsOf(userIds);
    const chosen = new Map(rows.map((row) => [row.userId, row[purpose]]));
    const unconfirmed = await this.#isUnconfirmed(callerId);
    const admissions: Admission[] = [];
    for (const userId of userIds) {
      const stranger = !acquainted.has(userId);
      const error = stranger ? await this.#charge(callerId, userId, unconfirmed) : null;
      const audience = this.options.shadows.has(callerId)
        ? "nobody"
        : chosen.get(userId) ?? defaults[purpose];
      admissions.push(
        error
          ? { way: "refused", userId, error }
          : letsIn(audience, stranger)
          ? { way: "added", userId, stranger }
          : { way: "asked", userId },
      );
    }
    return admissions;
  }

  /** Throws `not_found` for a person who has blocked the caller, or whose account is gone. */
  async requireReachable(callerId: string, userId: string): Promise<void> {
    await this.options.contactPolicy.requireReachable(callerId, [userId]);
  }

  /** Counts a chat that is opened otherwise than by `chat.open`, which the dispatcher counts. */
  async chargeOpening(callerId: string): Promise<void> {
    const error = await this.#consume("join", callerId, "Cannot open another chat");
    if (error) throw error;
  }

  async #requireNoHook(users: User[]): Promise<void> {
    const botIds = users.filter(({ isBot }) => isBot).map(({ id }) => id);
    if (botIds.length === 0) return;
    const bots = await this.options.store.bots.byIds(botIds);
    const hook = bots.find(({ kind }) => kind === "hook");
    if (hook) throw notFound("user", hook.id);
  }

  async #isUnconfirmed(callerId: string): Promise<boolean> {
    if (!this.options.mailConfigured) return false;
    const caller: User | null = await this.options.store.users.byId(callerId);
    return caller?.emailVerifiedAt === null;
  }

  /**
   * Takes from the person's own limit first, and refunds it where the caller's limit refuses:
   * otherwise an unconfirmed caller could use up the person's limit.
   */
  async #charge(callerId: string, userId: string, unconfirmed: boolean): Promise<AppError | null> {
    const { limiter, rates } = this.options;
    const tooOften = "Cannot reach this person: too many strangers have reached them lately";
    const error = await this.#consume("strangers", userId, tooOften);
    if (error || !unconfirmed) return error;
    const unproven = "Cannot reach more strangers for now: the account's address is not confirmed";
    const refused = await this.#consume("unconfirmed", callerId, unproven);
    if (refused) await limiter.refund(`strangers:${userId}`, rates.strangers);
    return refused;
  }

  async #consume(
    name: "strangers" | "unconfirmed" | "join",
    key: string,
    message: string,
  ): Promise<AppError | null> {
    const { limiter, rates, log } = this.options;
    try {
      const { allowed, retryAfterMs } = await limiter.consume(`${name}:${key}`, rates[name]);
      return allowed ? null : rateLimited(message, retryAfterMs);
    } catch (error) {
      // A rate limiter that cannot be reached must not stop the service.
      log.warn("Rate limiter failed; the request continues", { error, limit: name });
      return null;
    }
  }
}

function letsIn(audience: ContactAudience, stranger: boolean): boolean {
  return audience === "everyone" || (audience === "shared" && !stranger);
}
