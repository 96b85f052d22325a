import type { ClientSession, Collection } from "mongodb";
import type { MembershipChange } from "../chat_store.ts";
import { TooManyChats } from "../store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { type MembershipDocument, MEMBERSHIPS } from "./memberships.ts";

export const CHAT_COUNTS: CollectionSpec = { name: "chatCounts", indexes: [] };

interface CountDocument {
  _id: string;
  chats: number;
}

/**
 * The number of chats of each person. Counting the memberships within a transaction would not be
 * enough: two transactions that add the same person to two chats see neither each other's row nor a
 * conflict. So there is a document per person that both have to write. It is created when it is
 * first needed, and counted again before anyone is refused, since an earlier release does not
 * maintain it.
 */
export class ChatCounts {
  readonly #counts: Collection<CountDocument>;
  readonly #memberships: Collection<MembershipDocument>;

  constructor(mongo: MongoConnection) {
    this.#counts = mongo.collection(CHAT_COUNTS);
    this.#memberships = mongo.collection(MEMBERSHIPS);
  }

  /** Runs after the memberships were written. Throws `TooManyChats`. */
  async move({ joined, left, maxChats }: MembershipChange, session: ClientSession): Promise<void> {
    if (left.length > 0) {
      const update = { $inc: { chats: -1 } };
      await this.#counts.updateMany({ _id: { $in: left } }, update, { session });
    }
    if (joined.length === 0) return;
    const { matchedCount } = await this.#counts.updateMany(
      { _id: { $in: joined } },
      { $inc: { chats: 1 } },
      { session },
    );
    if (matchedCount < joined.length) await this.#makeMissing(joined, session);
    const over = await this.#over(joined, maxChats, session);
    if (over.length > 0) throw new TooManyChats(over);
  }

  async #makeMissing(userIds: string[], session: ClientSession): Promise<void> {
    const there = await this.#counts.find({ _id: { $in: userIds } }, { session }).toArray();
    const counted = new Set(there.map(({ _id }) => _id));
    const missing = userIds.filter((userId) => !counted.has(userId));
    const made: CountDocument[] = [];
    for (const userId of missing) {
      made.push({ _id: userId, chats: await this.#count(userId, session) });
    }
    if (made.length > 0) await this.#counts.insertMany(made, { session });
  }

  async #over(userIds: string[], max: number, session: ClientSession): Promise<string[]> {
    const filter = { _id: { $in: userIds }, chats: { $gt: max } };
    const over: string[] = [];
    for (const { _id: userId } of await this.#counts.find(filter, { session }).toArray()) {
      const chats = await this.#count(userId, session);
      if (chats > max) over.push(userId);
      else await this.#counts.updateOne({ _id: eq(userId) }, { $set: { chats } }, { session });
    }
    return over;
  }

  /** Includes the rows that this transaction has written. */
  #count(userId: string, session: ClientSession): Promise<number> {
    return this.#memberships.countDocuments({ userId: eq(userId), leftAt: null }, { session });
  }
}
