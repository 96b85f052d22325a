import type { ClientSession, Collection } from "mongodb";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../../model/handshake.ts";
import type { MlsChange } from "../chat_store.ts";
import type { HandshakeStore } from "../handshake_store.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq, withoutKey } from "./documents.ts";
import {
  GROUP_INFOS,
  type GroupInfoDocument,
  type HandshakeDocument,
  HANDSHAKES,
} from "./handshake_collections.ts";
import { WelcomeCollections } from "./welcomes.ts";

export class MongoHandshakeStore implements HandshakeStore {
  readonly #handshakes: Collection<HandshakeDocument>;
  readonly #groupInfos: Collection<GroupInfoDocument>;
  readonly #welcomes: WelcomeCollections;

  constructor(mongo: MongoConnection) {
    this.#handshakes = mongo.collection(HANDSHAKES);
    this.#groupInfos = mongo.collection(GROUP_INFOS);
    this.#welcomes = new WelcomeCollections(mongo);
  }

  async changed(
    chatId: string,
    after: number,
    maxRev: number,
    limit: number,
  ): Promise<Handshake[]> {
    const found = this.#handshakes
      .find({ chatId: eq(chatId), rev: { $gt: after, $lte: maxRev } })
      .sort({ rev: 1 }).limit(limit);
    return (await found.toArray()).map(readHandshake);
  }

  async byEpoch(chatId: string, generation: number, epoch: number): Promise<Handshake | null> {
    const _id = eq(handshakeKey({ chatId, generation, epoch }));
    const found = await this.#handshakes.findOne({ _id });
    return found && readHandshake(found);
  }

  async groupInfo(chatId: string): Promise<StoredGroupInfo | null> {
    const found = await this.#groupInfos.findOne({ _id: eq(chatId) });
    return found && { ...FIRST, ...withoutKey<StoredGroupInfo>(found) };
  }

  welcomesFor(deviceId: string, limit: number, after?: string): Promise<StoredWelcome[]> {
    return this.#welcomes.ofDevice(deviceId, limit, after);
  }

  removeWelcome(deviceId: string, id: string): Promise<boolean> {
    return this.#welcomes.remove(deviceId, id);
  }

  /** Runs within the transaction of a commit. */
  async put({ commits, groupInfo, welcomes }: MlsChange, session: ClientSession): Promise<void> {
    const rows = commits.map((row) => ({ _id: handshakeKey(row), ...row }));
    await this.#handshakes.insertMany(rows, { session });
    const filter = { _id: eq(groupInfo.chatId) };
    await this.#groupInfos.replaceOne(filter, groupInfo, { session, upsert: true });
    const { chatId, generation } = groupInfo;
    if (commits.some(({ epoch }) => epoch === 0)) {
      await this.#welcomes.removeEarlier(chatId, generation, session);
    }
    await this.#welcomes.insert(welcomes, session);
  }
}

/** Defaults of documents of earlier releases: they belong to a chat's first group. */
const FIRST = { generation: 0 };

function readHandshake(document: HandshakeDocument): Handshake {
  return { ...FIRST, ...withoutKey<Handshake>(document) };
}

/**
 * The key that earlier releases use for the first group, so that its epoch still has one Commit.
 */
function handshakeKey(
  { chatId, generation, epoch }: Pick<Handshake, "chatId" | "generation" | "epoch">,
): string {
  return generation === 0
    ? compoundKey(chatId, String(epoch))
    : compoundKey(chatId, String(generation), String(epoch));
}
