import type { ClientSession, Collection } from "mongodb";
import type { StoredWelcome } from "../../model/handshake.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq } from "./documents.ts";
import {
  WELCOME_MESSAGES,
  type WelcomeDocument,
  type WelcomeMessageDocument,
  WELCOMES,
} from "./handshake_collections.ts";

type CommitOfWelcome = Pick<StoredWelcome, "chatId" | "rev">;

/**
 * Below this the message is kept with each device of a Commit, as earlier releases do: an instance
 * of theirs finds it there while a deployment rolls. Characters of base64, over all devices.
 */
const COPIES_LENGTH = 1024 * 1024;

/**
 * Welcomes by device. A message that would take much room in copies is kept once for all its
 * devices.
 */
export class WelcomeCollections {
  readonly #welcomes: Collection<WelcomeDocument>;
  readonly #messages: Collection<WelcomeMessageDocument>;

  constructor(mongo: MongoConnection) {
    this.#welcomes = mongo.collection(WELCOMES);
    this.#messages = mongo.collection(WELCOME_MESSAGES);
  }

  /**
   * Oldest first. Leaves out a Welcome whose message was deleted concurrently: a device has fetched
   * it.
   */
  async ofDevice(deviceId: string, limit: number, after = ""): Promise<StoredWelcome[]> {
    const rows = await this.#welcomes
      .find({ deviceId: eq(deviceId), _id: { $gt: after } }).sort({ _id: 1 }).limit(limit)
      .toArray();
    const keys = rows.filter(({ message }) => message === undefined).map(messageKey);
    const found = await this.#messages.find({ _id: { $in: keys } }).toArray();
    const messages = new Map(found.map(({ _id, message }) => [_id, message]));
    return rows.flatMap(({ _id: id, ...row }) => {
      const message = row.message ?? messages.get(messageKey(row));
      // Documents of earlier releases have no generation: theirs is the first group.
      const generation = row.generation ?? 0;
      return message === undefined ? [] : [{ ...row, id, generation, message }];
    });
  }

  /** Returns true if there was one for that device. */
  async remove(deviceId: string, id: string): Promise<boolean> {
    const removed = await this.#welcomes.findOneAndDelete({ _id: eq(id), deviceId: eq(deviceId) });
    if (removed === null) return false;
    await this.#dropMessages([removed]);
    return true;
  }

  async insert(welcomes: StoredWelcome[], session: ClientSession): Promise<void> {
    if (welcomes.length === 0) return;
    const length = welcomes.reduce((sum, { message }) => sum + message.length, 0);
    if (length <= COPIES_LENGTH) {
      const copies = welcomes.map(({ id, ...row }) => ({ _id: id, ...row }));
      await this.#welcomes.insertMany(copies, { session });
      return;
    }
    const messages = new Map(welcomes.map((each) => [messageKey(each), each]));
    await this.#messages.insertMany(
      [...messages].map(([_id, { chatId, message }]) => ({ _id, chatId, message })),
      { session },
    );
    const rows = welcomes.map(({ id, message: _, ...row }) => ({ _id: id, ...row }));
    await this.#welcomes.insertMany(rows, { session });
  }

  /** Deletes those to groups of the chat before this generation. */
  async removeEarlier(chatId: string, generation: number, session: ClientSession): Promise<void> {
    // Documents of earlier releases have no generation: theirs is 0.
    const filter = { chatId: eq(chatId), generation: { $not: { $gte: generation } } };
    const rows = await this.#welcomes.find(filter, { session }).toArray();
    await this.#welcomes.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) } }, { session });
    await this.#dropMessages(rows, session);
  }

  async removeOfDevices(deviceIds: string[], session: ClientSession): Promise<void> {
    const filter = { deviceId: { $in: deviceIds } };
    const rows = await this.#welcomes.find(filter, { session }).toArray();
    await this.#welcomes.deleteMany(filter, { session });
    await this.#dropMessages(rows, session);
  }

  async #dropMessages(gone: CommitOfWelcome[], session?: ClientSession): Promise<void> {
    const commits = new Map(gone.map((each) => [messageKey(each), each]));
    for (const [_id, { chatId, rev }] of commits) {
      const filter = { chatId: eq(chatId), rev: eq(rev) };
      if (await this.#welcomes.findOne(filter, { session })) continue;
      await this.#messages.deleteOne({ _id: eq(_id) }, { session });
    }
  }
}

function messageKey({ chatId, rev }: CommitOfWelcome): string {
  return compoundKey(chatId, String(rev));
}
