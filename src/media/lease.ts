import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { LeaseStore } from "../store/lease_store.ts";

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/**
 * Work that one instance at a time may do. The lease is renewed while the work lasts; of an instance
 * that died it is free half a minute later.
 */
export class Leases {
  constructor(private readonly store: LeaseStore, private readonly clock: Clock) {}

  /** Answers what `work` does, or null, without having begun, when someone else is at it. */
  async hold<T>(name: string, work: () => Promise<T>): Promise<{ value: T } | null> {
    const holder = newId();
    const take = () => {
      const now = this.clock.now();
      return this.store.take(name, holder, now, now + LEASE_MS);
    };
    if (!await take()) return null;
    // One that fails is made up for by the next: the lease outlasts two.
    const renewal = setInterval(() => take().catch(() => {}), RENEW_MS);
    try {
      return { value: await work() };
    } finally {
      clearInterval(renewal);
      await this.store.release(name, holder);
    }
  }
}
