import type { Block } from "../model/block.ts";
import type { BoundedAdd } from "./bounded_add.ts";

export interface BlockStore {
  /** `max` bounds the blocks by this blocker. Blocking twice keeps the first row: `exists`. */
  add(block: Block, max: number): Promise<BoundedAdd<Block>>;
  /** Returns true if there was one. */
  remove(blockerId: string, blockedId: string): Promise<boolean>;
  /** True if `blockerId` has blocked `blockedId`; a block in the other direction does not count. */
  has(blockerId: string, blockedId: string): Promise<boolean>;
  /**
   * Those of `userIds` who have blocked `blockedId`, in no particular order: there may be very many
   * others.
   */
  blockersAmong(blockedId: string, userIds: string[]): Promise<string[]>;
  /** Newest first; within one millisecond, the highest id of the other user first. */
  by(blockerId: string): Promise<Block[]>;
  /** Blocks of this user by others, in the order of `by`. */
  against(blockedId: string): Promise<Block[]>;
}
