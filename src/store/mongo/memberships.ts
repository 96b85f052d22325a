import type { Collection } from "mongodb";
import type { Membership, NotifyLevel } from "../../model/membership.ts";
import type { RevisionRange } from "../message_store.ts";
import type { BehindRow, CursorMove, MembershipStore } from "../membership_store.ts";
import { type ChatDocument, CHATS } from "./chat_collection.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq, IN_BATCHES, inRange, withoutKey } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { FIRST_PAGE, presentLoader } from "./present_memberships.ts";
import { listLoader } from "./row_loaders.ts";

export type MembershipDocument = Membership & { _id: string };

export const MEMBERSHIPS: CollectionSpec = {
  name: "memberships",
  indexes: [
    { name: "changed", key: { chatId: 1, rev: 1 } },
    { name: "ofUserByChat", key: { userId: 1, leftAt: 1, chatId: 1 } },
  ],
  retired: ["ofUser"],
};

/** Chats whose members share a read. */
const CHATS_PER_READ = 16;

export class MongoMembershipStore implements MembershipStore {
  readonly #memberships: Collection<MembershipDocument>;
  readonly #chats: Collection<ChatDocument>;
  readonly #ofChat: (chatId: string) => Promise<MembershipDocument[]>;
  readonly #ofUser: (userId: string) => Promise<MembershipDocument[]>;
  readonly #presentOfUser: (userId: string) => Promise<MembershipDocument[]>;

  constructor(mongo: MongoConnection) {
    this.#memberships = mongo.collection(MEMBERSHIPS);
    this.#ofChat = listLoader(this.#memberships, "chatId", CHATS_PER_READ);
    this.#ofUser = listLoader(this.#memberships, "userId");
    this.#presentOfUser = presentLoader(this.#memberships);
    this.#chats = mongo.collection(CHATS);
  }

  async of(chatId: string, userId: string): Promise<Membership | null> {
    const found = await this.#memberships.findOne({ _id: eq(compoundKey(chatId, userId)) });
    return found && membershipOf(found);
  }

  async ofChat(chatId: string): Promise<Membership[]> {
    return (await this.#ofChat(chatId)).map(membershipOf).sort(longestStandingFirst);
  }

  async ofUser(userId: string): Promise<Membership[]> {
    return (await this.#ofUser(userId)).map(membershipOf);
  }

  async shareChat(userId: string, otherId: string): Promise<boolean> {
    const chatIds = await this.#memberships.distinct("chatId", {
      userId: eq(userId),
      leftAt: null,
    });
    const found = await this.#memberships.findOne({
      userId: eq(otherId),
      leftAt: null,
      chatId: { $in: chatIds },
    }, { projection: { _id: 1 } });
    return found !== null;
  }

  async acquaintedWith(userId: string, userIds: string[]): Promise<string[]> {
    const own = await this.#memberships
      .find({ userId: eq(userId), leftAt: null }, { projection: { chatId: 1 } }).toArray();
    if (own.length === 0 || userIds.length === 0) return [];
    return await this.#memberships.distinct("userId", {
      userId: { $in: userIds },
      leftAt: null,
      chatId: { $in: own.map(({ chatId }) => chatId) },
      addedByStranger: { $ne: true },
    });
  }

  async presentOfUser(
    userId: string,
    after: string | null,
    limit: number,
  ): Promise<Membership[]> {
    if (after === null && limit <= FIRST_PAGE) {
      return (await this.#presentOfUser(eq(userId))).slice(0, limit).map(membershipOf);
    }
    const found = this.#memberships
      .find({ userId: eq(userId), leftAt: null, ...(after !== null && { chatId: { $gt: after } }) })
      .sort({ chatId: 1 }).limit(limit);
    return (await found.toArray()).map(membershipOf);
  }

  async ofUserIn(userId: string, chatIds: string[]): Promise<Membership[]> {
    const keys = chatIds.map((chatId) => compoundKey(chatId, userId));
    return (await this.#memberships.find({ _id: { $in: keys } }).toArray())
      .map(membershipOf);
  }

  async countReached(
    chatId: string,
    seq: number,
  ): Promise<{ read: number; delivered: number }> {
    const present = { chatId: eq(chatId), leftAt: null };
    const [read, delivered] = await Promise.all([
      this.#memberships.countDocuments({ ...present, readSeq: { $gte: seq } }),
      this.#memberships.countDocuments({ ...present, deliveredSeq: { $gte: seq } }),
    ]);
    return { read, delivered };
  }

  async behind(userId: string, limit: number): Promise<BehindRow[]> {
    const own = await this.#memberships
      .find({ userId: eq(userId), leftAt: null }, IN_BATCHES).toArray();
    const ids = own.map(({ chatId }) => chatId);
    const heads = await this.#chats
      .find({ _id: { $in: ids } }, { projection: { lastSeq: 1 } }).toArray();
    const lastSeqOf = new Map(heads.map(({ _id, lastSeq }) => [_id, lastSeq]));
    return own.flatMap((found) => {
      const membership = membershipOf(found);
      const lastSeq = lastSeqOf.get(membership.chatId) ?? 0;
      return lastSeq > membership.readSeq ? [{ membership, lastSeq }] : [];
    }).slice(0, limit);
  }

  async changed(
    chatId: string,
    after: number,
    maxRev: number,
    limit: number,
  ): Promise<Membership[]> {
    const found = this.#memberships
      .find({ chatId: eq(chatId), rev: { $gt: after, $lte: maxRev } })
      .sort({ rev: 1 }).limit(limit);
    return (await found.toArray()).map(membershipOf);
  }

  async changedIn(ranges: RevisionRange[], limit: number): Promise<Membership[]> {
    if (ranges.length === 0) return [];
    const found = this.#memberships.find({ $or: ranges.map(inRange) }).limit(limit);
    return (await found.toArray()).map(membershipOf);
  }

  /**
   * One operation: `$max` only moves forward, and the row as it was shows whether anything moved.
   */
  async moveCursors(
    { chatId, userId, readSeq: read, deliveredSeq = 0 }: CursorMove,
  ): Promise<{ membership: Membership; moved: boolean } | null> {
    const readSeq = read ?? 0;
    const reached = { readSeq, deliveredSeq: Math.max(readSeq, deliveredSeq) };
    const found = await this.#memberships.findOneAndUpdate(
      { _id: eq(compoundKey(chatId, userId)), leftAt: null },
      { $max: reached, ...(read !== undefined && { $set: { addedByStranger: false } }) },
      { returnDocument: "before" },
    );
    if (found === null) return null;
    const before = membershipOf(found);
    const membership = {
      ...before,
      readSeq: Math.max(before.readSeq, reached.readSeq),
      deliveredSeq: Math.max(before.deliveredSeq, reached.deliveredSeq),
      addedByStranger: before.addedByStranger && read === undefined,
    };
    const moved = membership.readSeq > before.readSeq ||
      membership.deliveredSeq > before.deliveredSeq;
    return { membership, moved };
  }

  async setNotify(
    chatId: string,
    userId: string,
    notify: NotifyLevel,
    mutedUntil: number | null,
  ): Promise<Membership | null> {
    const found = await this.#memberships.findOneAndUpdate(
      { _id: eq(compoundKey(chatId, userId)), leftAt: null },
      { $set: { notify, mutedUntil } },
      { returnDocument: "after" },
    );
    return found && membershipOf(found);
  }
}

/** Rows of earlier releases lack fields that were added later. */
export function membershipOf(document: MembershipDocument): Membership {
  return {
    ...withoutKey<Membership>(document),
    addedByStranger: document.addedByStranger ?? false,
    hiddenSeq: document.hiddenSeq ?? 0,
    custom: document.custom ?? null,
  };
}

function longestStandingFirst(a: Membership, b: Membership): number {
  return a.joinedAt - b.joinedAt || (a.userId < b.userId ? -1 : 1);
}
