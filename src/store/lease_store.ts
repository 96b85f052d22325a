/**
 * Leases for work that only one instance at a time may do. A lease that was not renewed in time is
 * free.
 */
export interface LeaseStore {
  /** Takes or renews; returns false while another holder's lease is unexpired. */
  take(name: string, holder: string, now: number, until: number): Promise<boolean>;
  /** Does nothing if another holder has the lease. */
  release(name: string, holder: string): Promise<void>;
  /** Deletes leases that expired before `before`; returns their number. */
  purge(before: number): Promise<number>;
}
