import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { LeaseStore } from "../store/lease_store.ts";

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/**
 * Work that only one instance at a time may do. The lease is renewed while the work lasts; the
 * lease of an instance that died expires after half a minute.
 */
export class Leases {
  /** `renewMs`: milliseconds between two renewals, replaceable for tests. */
  constructor(
    private readonly store: Pick<LeaseStore, "take" | "release">,
    private readonly clock: Clock,
    private readonly renewMs: number = RENEW_MS,
  ) {}

  /**
   * Returns the result of `work`, or null, without starting it, if another holder has the lease.
   */
  async hold<T>(name: string, work: () => Promise<T>): Promise<{ value: T } | null> {
    const holder = newId();
    const claim = () => {
      const now = this.clock.now();
      return this.store.take(name, holder, now, now + LEASE_MS);
    };
    if (!await claim()) return null;
    // If one renewal fails, the next one makes up for it: the lease outlasts two.
    const renewal = setInterval(() => claim().catch(() => {}), this.renewMs);
    try {
      return { value: await work() };
    } finally {
      clearInterval(renewal);
      await this.store.release(name, holder);
    }
  }
}
