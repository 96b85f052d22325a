import type { Block } from "../../model/block.ts";
import type { BlockStore } from "../block_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const BLOCKS = new Table<Block>("blocks", {
  blockerId: "value",
  blockedId: "value",
  createdAt: "value",
});

export class SqliteBlockStore implements BlockStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(block: Block): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run(`${BLOCKS.insert} ON CONFLICT DO NOTHING`, ...BLOCKS.bind(block)) === 1
    );
  }

  remove(blockerId: string, blockedId: string): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run(
        "DELETE FROM blocks WHERE blockerId = ? AND blockedId = ?",
        ...[blockerId, blockedId],
      ) === 1
    );
  }

  has(blockerId: string, blockedId: string): Promise<boolean> {
    return this.#db.read(() =>
      this.#db.get(
        "SELECT 1 FROM blocks WHERE blockerId = ? AND blockedId = ?",
        ...[blockerId, blockedId],
      ) !== undefined
    );
  }

  blockersAmong(blockedId: string, userIds: string[]): Promise<string[]> {
    return this.#db.read(() =>
      this.#db.all(
        `SELECT blockerId FROM json_each(?2) AS asked
         CROSS JOIN blocks ON blockerId = asked.value AND blockedId = ?1`,
        ...[blockedId, JSON.stringify(userIds)],
      ).map((row) => String(row.blockerId))
    );
  }

  by(blockerId: string): Promise<Block[]> {
    return this.#rows("WHERE blockerId = ? ORDER BY createdAt DESC, blockedId DESC", blockerId);
  }

  against(blockedId: string): Promise<Block[]> {
    return this.#rows("WHERE blockedId = ? ORDER BY createdAt DESC, blockerId DESC", blockedId);
  }

  #rows(rest: string, userId: string): Promise<Block[]> {
    return this.#db.read(() =>
      this.#db.all(BLOCKS.select(rest), userId).map((raw) => BLOCKS.decode(raw))
    );
  }
}
