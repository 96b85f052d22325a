import type { Collection } from "mongodb";
import type { Block } from "../../model/block.ts";
import type { BlockStore } from "../block_store.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import { BoundedLists, insertBounded } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq, withoutKey } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { LeasedReads } from "./leased_reads.ts";
import { listLoader, rowLoader } from "./row_loaders.ts";

export type BlockDocument = Block & { _id: string };

export const BLOCKS: CollectionSpec = {
  name: "blocks",
  indexes: [
    { name: "by", key: { blockerId: 1, createdAt: -1 } },
    { name: "against", key: { blockedId: 1, createdAt: -1 } },
  ],
};

export class MongoBlockStore implements BlockStore {
  readonly #blocks: Collection<BlockDocument>;
  readonly #lists: BoundedLists;
  readonly #lately: LeasedReads<Pick<BlockDocument, "_id"> | null>;
  readonly #by: (blockerId: string) => Promise<BlockDocument[]>;
  readonly #against: (blockedId: string) => Promise<BlockDocument[]>;

  constructor(mongo: MongoConnection) {
    this.#blocks = mongo.collection(BLOCKS);
    this.#lists = new BoundedLists(mongo);
    this.#lately = new LeasedReads({
      load: rowLoader(this.#blocks, { projection: { _id: 1 } }),
      mayKeep: (block) => block === null,
    });
    this.#by = listLoader(this.#blocks, "blockerId");
    this.#against = listLoader(this.#blocks, "blockedId");
  }

  async add(block: Block, max: number): Promise<BoundedAdd<Block>> {
    const added = await this.#add(block, max);
    if (added.outcome === "added") await this.#lately.untilSeen();
    return added;
  }

  #add(block: Block, max: number): Promise<BoundedAdd<Block>> {
    const { blockerId, blockedId } = block;
    const _id = compoundKey(blockerId, blockedId);
    return this.#lists.add([compoundKey(BLOCKS.name, blockerId)], async (session) => {
      const found = await this.#blocks.findOne({ _id: eq(_id) }, { session });
      if (found) return { outcome: "exists", row: withoutKey<Block>(found) };
      const list = { blockerId: eq(blockerId) };
      const insert = { document: { _id, ...block }, row: block, list, max, session };
      return await insertBounded(this.#blocks, insert);
    });
  }

  async remove(blockerId: string, blockedId: string): Promise<boolean> {
    const { deletedCount } = await this.#blocks.deleteOne({
      _id: eq(compoundKey(blockerId, blockedId)),
    });
    return deletedCount === 1;
  }

  async has(blockerId: string, blockedId: string): Promise<boolean> {
    return await this.#lately.get(compoundKey(blockerId, blockedId)) !== null;
  }

  async blockersAmong(blockedId: string, userIds: string[]): Promise<string[]> {
    const keys = userIds.map((userId) => compoundKey(userId, blockedId));
    const found = this.#blocks.find({ _id: { $in: keys } }, { projection: { blockerId: 1 } });
    return (await found.toArray()).map(({ blockerId }) => blockerId);
  }

  async by(blockerId: string): Promise<Block[]> {
    return (await this.#by(blockerId)).map(withoutKey<Block>).sort(newestFirst("blockedId"));
  }

  async against(blockedId: string): Promise<Block[]> {
    return (await this.#against(blockedId)).map(withoutKey<Block>).sort(newestFirst("blockerId"));
  }
}

function newestFirst(person: "blockerId" | "blockedId") {
  return (a: Block, b: Block) => b.createdAt - a.createdAt || (a[person] < b[person] ? 1 : -1);
}
