/** What one instance at a time may do. A lease that was not renewed in time is free. */
export interface LeaseStore {
  /** Takes or renews; false while another holder's lease runs. */
  take(name: string, holder: string, now: number, until: number): Promise<boolean>;
  /** Nothing happens when the lease is another's. */
  release(name: string, holder: string): Promise<void>;
  /** Forgets leases that ran out before `before`; answers how many. */
  purge(before: number): Promise<number>;
}
