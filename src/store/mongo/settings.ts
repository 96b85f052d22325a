import type { Collection } from "mongodb";
import type { Setting } from "../../model/setting.ts";
import type { SettingStore } from "../setting_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocument, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const SETTINGS: CollectionSpec = { name: "settings", indexes: [] };

export class MongoSettingStore implements SettingStore {
  readonly #settings: Collection<Document<Setting>>;

  constructor(mongo: MongoConnection) {
    this.#settings = mongo.collection(SETTINGS);
  }

  async list(): Promise<Setting[]> {
    return (await this.#settings.find().sort({ _id: 1 }).toArray()).map(fromDocument<Setting>);
  }

  async byId(id: string): Promise<Setting | null> {
    return fromDocumentOrNull<Setting>(await this.#settings.findOne({ _id: eq(id) }));
  }

  async put(setting: Setting): Promise<void> {
    const { _id, ...fields } = toDocument(setting);
    await this.#settings.replaceOne({ _id: eq(_id) }, fields, { upsert: true });
  }

  async replace({ id, updatedAt }: Setting, setting: Setting): Promise<boolean> {
    const { _id, ...fields } = toDocument(setting);
    const { matchedCount } = await this.#settings.replaceOne(
      { _id: eq(id), updatedAt: eq(updatedAt) },
      fields,
    );
    return matchedCount === 1;
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#settings.deleteOne({ _id: eq(id) })).deletedCount === 1;
  }
}
