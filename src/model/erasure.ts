/** An account whose erasure has begun; the row goes when all is done, so that a crash loses nothing. */
export interface Erasure {
  userId: string;
  requestedAt: number;
}
