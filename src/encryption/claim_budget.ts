import { AppError, rateLimited } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { RateDecision, RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rates } from "../api/rate_limits.ts";
import type { Store } from "../store/store.ts";

export interface ClaimBudgetOptions {
  store: Pick<Store, "memberships">;
  limiter: RateLimiter;
  rates: Pick<Rates, "claims" | "stranger_claims">;
  log: Log;
}

/** The key packages of a user that a caller may claim. */
export interface ClaimAllowance {
  /**
   * Null if the caller may claim single-use key packages; otherwise the error for devices without a
   * last resort.
   */
  refusal: AppError | null;
  /**
   * True if the user shares no chat with the caller: some key packages are then reserved for
   * callers who do.
   */
  isStranger: boolean;
}

/**
 * Limits how many single-use key packages of a user are claimed by one caller, and by all strangers
 * together. Past the limit callers receive the last resort, so that no caller can make a user
 * unreachable, neither by using up all key packages nor by using up the limit.
 */
export class ClaimBudget {
  constructor(private readonly options: ClaimBudgetOptions) {}

  async take(callerId: string, userId: string): Promise<ClaimAllowance> {
    if (callerId === userId) return { refusal: null, isStranger: false };
    const { store, rates } = this.options;
    const acquainted = await store.memberships.acquaintedWith(callerId, [userId]);
    const isStranger = acquainted.length === 0;
    const own = await this.#take(`claims:${callerId}:${userId}`, rates.claims);
    if (own || !isStranger) return { refusal: own, isStranger };
    const shared = await this.#take(`stranger_claims:${userId}`, rates.stranger_claims);
    return { refusal: shared, isStranger };
  }

  async #take(bucket: string, rate: Rates["claims"]): Promise<AppError | null> {
    const { limiter, log } = this.options;
    try {
      return refusalOf(await limiter.consume(bucket, rate));
    } catch (error) {
      // A rate limiter that is down must not make this service fail too.
      log.warn("Rate limiter failed; the claim continues", { error });
      return null;
    }
  }
}

function refusalOf({ allowed, retryAfterMs }: RateDecision): AppError | null {
  if (allowed) return null;
  return rateLimited(
    "Cannot claim more key packages of this user: the limit is reached, and their devices have no last resort",
    retryAfterMs,
  );
}
