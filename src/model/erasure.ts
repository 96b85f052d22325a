/**
 * An account whose erasure has begun. The row is deleted at the end, so that an erasure survives a
 * crash.
 */
export interface Erasure {
  userId: string;
  requestedAt: number;
}
