import type { Collection } from "mongodb";
import type { ShownPush } from "../../model/shown_push.ts";
import type { ShownPushFilter, ShownPushStore } from "../shown_push_store.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq, withoutKey } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { ofUserInChatLoader } from "./row_loaders.ts";

type ShownPushDocument = ShownPush & { _id: string };

export const SHOWN_PUSHES: CollectionSpec = {
  name: "shownPushes",
  indexes: [
    { name: "ofUser", key: { userId: 1, chatId: 1 } },
    { name: "ofMessage", key: { messageId: 1 } },
    { name: "byAge", key: { shownAt: 1 } },
  ],
};

export class MongoShownPushStore implements ShownPushStore {
  readonly #shown: Collection<ShownPushDocument>;
  readonly #ofUserInChat: (userId: string, chatId: string) => Promise<ShownPushDocument[]>;

  constructor(mongo: MongoConnection) {
    this.#shown = mongo.collection(SHOWN_PUSHES);
    this.#ofUserInChat = ofUserInChatLoader(this.#shown);
  }

  async put(rows: ShownPush[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#shown.bulkWrite(rows.map((row) => ({
      replaceOne: { filter: { _id: eq(keyOf(row)) }, replacement: row, upsert: true },
    })));
  }

  async find(filter: ShownPushFilter, limit: number): Promise<ShownPush[]> {
    if ("chatId" in filter) {
      const found = await this.#ofUserInChat(filter.userId, filter.chatId);
      return found.slice(0, limit).map(withoutKey<ShownPush>);
    }
    const asked = Object.entries(filter).map(([name, value]) => [name, eq(value)]);
    const found = this.#shown.find(Object.fromEntries(asked)).limit(limit);
    return (await found.toArray()).map(withoutKey<ShownPush>);
  }

  async remove(rows: Pick<ShownPush, "deviceId" | "tag" | "shownAt">[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#shown.bulkWrite(rows.map((row) => ({
      deleteOne: { filter: { _id: eq(keyOf(row)), shownAt: eq(row.shownAt) } },
    })));
  }

  async purge(before: number): Promise<number> {
    return (await this.#shown.deleteMany({ shownAt: { $lt: before } })).deletedCount;
  }

  async deleteAllOf(userId: string): Promise<number> {
    return (await this.#shown.deleteMany({ userId: eq(userId) })).deletedCount;
  }
}

function keyOf({ deviceId, tag }: Pick<ShownPush, "deviceId" | "tag">): string {
  return compoundKey(deviceId, tag);
}
