import type { ClientSession, Collection } from "mongodb";
import type { Bot } from "../../model/bot.ts";
import type { BotPage, BotStore } from "../bot_store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  IN_BATCHES,
  toDocument,
} from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const BOTS: CollectionSpec = {
  name: "bots",
  indexes: [{ name: "byChat", key: { chatId: 1, _id: -1 } }],
};

export class MongoBotStore implements BotStore {
  readonly #bots: Collection<Document<Bot>>;

  constructor(mongo: MongoConnection) {
    this.#bots = mongo.collection(BOTS);
  }

  /** Runs within the caller's transaction. */
  async insert(bot: Bot, session: ClientSession): Promise<void> {
    await this.#bots.insertOne(toDocument(bot), { session });
  }

  async byId(id: string): Promise<Bot | null> {
    return fromDocumentOrNull<Bot>(await this.#bots.findOne({ _id: eq(id) }));
  }

  async byIds(ids: string[]): Promise<Bot[]> {
    return (await this.#bots.find({ _id: { $in: ids } }, IN_BATCHES).toArray())
      .map(fromDocument<Bot>);
  }

  async list({ kind, chatId, before, limit }: BotPage): Promise<Bot[]> {
    const found = this.#bots.find({
      kind: eq(kind),
      endedAt: null,
      ...(chatId !== null && { chatId: eq(chatId) }),
      ...(before !== null && { _id: { $lt: before } }),
    });
    return (await found.sort({ _id: -1 }).limit(limit).toArray()).map(fromDocument<Bot>);
  }

  async update(id: string, patch: Partial<Omit<Bot, "id">>): Promise<Bot | null> {
    const updated = await this.#bots.findOneAndUpdate(
      { _id: eq(id), endedAt: null },
      { $set: patch },
      { returnDocument: "after" },
    );
    return fromDocumentOrNull<Bot>(updated);
  }
}
