import type { ClientSession, Collection } from "mongodb";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../../model/handshake.ts";
import type { MlsChange } from "../chat_store.ts";
import type { HandshakeStore } from "../handshake_store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  compoundKey,
  type Document,
  eq,
  fromDocument,
  toDocument,
  withoutKey,
} from "./documents.ts";
import {
  GROUP_INFOS,
  type GroupInfoDocument,
  type HandshakeDocument,
  HANDSHAKES,
  WELCOMES,
} from "./handshake_collections.ts";

export class MongoHandshakeStore implements HandshakeStore {
  readonly #handshakes: Collection<HandshakeDocument>;
  readonly #groupInfos: Collection<GroupInfoDocument>;
  readonly #welcomes: Collection<Document<StoredWelcome>>;

  constructor(mongo: MongoConnection) {
    this.#handshakes = mongo.collection(HANDSHAKES);
    this.#groupInfos = mongo.collection(GROUP_INFOS);
    this.#welcomes = mongo.collection(WELCOMES);
  }

  async changed(chatId: string, after: number, upTo: number, limit: number): Promise<Handshake[]> {
    const found = this.#handshakes
      .find({ chatId: eq(chatId), rev: { $gt: after, $lte: upTo } })
      .sort({ rev: 1 }).limit(limit);
    return (await found.toArray()).map(withoutKey<Handshake>);
  }

  async byEpoch(chatId: string, epoch: number): Promise<Handshake | null> {
    const found = await this.#handshakes.findOne({ _id: eq(handshakeKey(chatId, epoch)) });
    return found && withoutKey<Handshake>(found);
  }

  async groupInfo(chatId: string): Promise<StoredGroupInfo | null> {
    const found = await this.#groupInfos.findOne({ _id: eq(chatId) });
    return found && withoutKey<StoredGroupInfo>(found);
  }

  async welcomesFor(deviceId: string, limit: number): Promise<StoredWelcome[]> {
    const found = this.#welcomes.find({ deviceId: eq(deviceId) }).sort({ _id: 1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<StoredWelcome>);
  }

  async removeWelcome(deviceId: string, id: string): Promise<boolean> {
    const { deletedCount } = await this.#welcomes.deleteOne({
      _id: eq(id),
      deviceId: eq(deviceId),
    });
    return deletedCount === 1;
  }

  /** For a commit, within its transaction. */
  async put({ commits, groupInfo, welcomes }: MlsChange, session: ClientSession): Promise<void> {
    const rows = commits.map((row) => ({ _id: handshakeKey(row.chatId, row.epoch), ...row }));
    await this.#handshakes.insertMany(rows, { session });
    const filter = { _id: eq(groupInfo.chatId) };
    await this.#groupInfos.replaceOne(filter, groupInfo, { session, upsert: true });
    if (welcomes.length === 0) return;
    await this.#welcomes.insertMany(welcomes.map(toDocument<StoredWelcome>), { session });
  }
}

function handshakeKey(chatId: string, epoch: number): string {
  return compoundKey(chatId, String(epoch));
}
