import type { Erasure } from "../model/erasure.ts";

export interface ErasureStore {
  /** Beginning twice keeps the first row. */
  begin(erasure: Erasure): Promise<void>;
  /** Unfinished erasures, oldest first. */
  pending(): Promise<Erasure[]>;
  finish(userId: string): Promise<void>;
}
