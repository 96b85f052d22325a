import type { Block } from "../../model/block.ts";
import type { BlockStore } from "../block_store.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import { insertBounded } from "./bounded_insert.ts";
import { type Database, ROWS_PER_SLICE } from "./database.ts";
import { Table } from "./table.ts";

const BLOCKS = new Table<Block>("blocks", {
  blockerId: "value",
  blockedId: "value",
  createdAt: "value",
});

const BY = BLOCKS.select(
  `WHERE blockerId = ? AND blockedId > ? ORDER BY blockedId LIMIT ${ROWS_PER_SLICE}`,
);
const AGAINST = BLOCKS.select(
  `WHERE blockedId = ? AND blockerId > ? ORDER BY blockerId LIMIT ${ROWS_PER_SLICE}`,
);

export class SqliteBlockStore implements BlockStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(block: Block, max: number): Promise<BoundedAdd<Block>> {
    return this.#db.write(() => {
      const { blockerId, blockedId } = block;
      const same = BLOCKS.select("WHERE blockerId = ? AND blockedId = ?");
      const found = BLOCKS.decodeOrNull(this.#db.get(same, blockerId, blockedId));
      if (found) return { outcome: "exists", row: found };
      return insertBounded(this.#db, BLOCKS, block, { list: ["blockerId = ?", blockerId], max });
    });
  }

  remove(blockerId: string, blockedId: string): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run(
        "DELETE FROM blocks WHERE blockerId = ? AND blockedId = ?",
        blockerId,
        blockedId,
      ) === 1
    );
  }

  has(blockerId: string, blockedId: string): Promise<boolean> {
    return this.#db.read(() =>
      this.#db.get(
        "SELECT 1 FROM blocks WHERE blockerId = ? AND blockedId = ?",
        blockerId,
        blockedId,
      ) !== undefined
    );
  }

  blockersAmong(blockedId: string, userIds: string[]): Promise<string[]> {
    return this.#db.read(() =>
      this.#db.all(
        `SELECT blockerId FROM json_each(?2) AS asked
         CROSS JOIN blocks ON blockerId = asked.value AND blockedId = ?1`,
        blockedId,
        JSON.stringify(userIds),
      ).map((row) => String(row.blockerId))
    );
  }

  by(blockerId: string): Promise<Block[]> {
    return this.#rows(BY, blockerId, "blockedId");
  }

  against(blockedId: string): Promise<Block[]> {
    return this.#rows(AGAINST, blockedId, "blockerId");
  }

  /**
   * Runs within the caller's read: the first `ROWS_PER_SLICE` users, newest first if these are all.
   */
  firstBy(blockerId: string): string[] {
    return this.#db.all(BY, blockerId, "").map((raw) => BLOCKS.decode(raw))
      .sort(newestFirst("blockedId")).map(({ blockedId }) => blockedId);
  }

  /** Runs within the caller's read: the first `ROWS_PER_SLICE` users, in no particular order. */
  firstAgainst(blockedId: string): string[] {
    return this.#db.all(AGAINST, blockedId, "").map(({ blockerId }) => String(blockerId));
  }

  /** Reads all rows of a person, newest first, in slices that let other work run in between. */
  async #rows(sql: string, userId: string, other: keyof Block): Promise<Block[]> {
    const rows = await this.#db.readPages((last: Block | null) =>
      this.#db.all(sql, userId, last?.[other] ?? "").map((raw) => BLOCKS.decode(raw))
    );
    return rows.sort(newestFirst(other));
  }
}

function newestFirst(other: keyof Block): (a: Block, b: Block) => number {
  return (a, b) => b.createdAt - a.createdAt || (a[other] < b[other] ? 1 : -1);
}
