import type { Block } from "../model/block.ts";

export interface BlockStore {
  /** Blocking twice keeps the first row; true if this call made it. */
  add(block: Block): Promise<boolean>;
  /** True if there was one. */
  remove(blockerId: string, blockedId: string): Promise<boolean>;
  /** Whether `blockerId` has blocked `blockedId`; the other direction is another question. */
  has(blockerId: string, blockedId: string): Promise<boolean>;
  /** Those of `userIds` who have blocked `blockedId`, in no particular order: others may be very many. */
  blockersAmong(blockedId: string, userIds: string[]): Promise<string[]>;
  /** Newest first; of one millisecond, the highest id of the other one. */
  by(blockerId: string): Promise<Block[]>;
  /** As `by`. */
  against(blockedId: string): Promise<Block[]>;
}
