import { AppError } from "../core/errors.ts";
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

/** What a caller may take of a person's key packages. */
export interface ClaimAllowance {
  /** Null if they may take key packages that are used once; else the error for want of any other. */
  refusal: AppError | null;
  /** True if the person shares no chat with the caller: then some are kept for those who do. */
  isStranger: boolean;
}

/**
 * Bounds how many key packages that are used once are taken from a person, by one caller and by all
 * strangers together. Past the bound they are handed the last resort, so that nobody can make a person
 * unreachable, neither by using all key packages up nor by using the bound up.
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
      // A limiter that is out of reach must not take the service with it.
      log.warn("Rate limiter failed; the claim goes on", { error });
      return null;
    }
  }
}

function refusalOf({ allowed, retryAfterMs }: RateDecision): AppError | null {
  if (allowed) return null;
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const message = "Cannot take more key packages of this person, whose devices have no last resort";
  return new AppError("rate_limited", `${message}; try again in ${retryAfter} s`, { retryAfter });
}
