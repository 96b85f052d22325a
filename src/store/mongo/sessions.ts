import type { IdPage } from "../../core/in_pages.ts";
import type { ClientSession, Collection, Filter } from "mongodb";
import type { Session, SessionEndReason } from "../../model/session.ts";
import type { RefreshRotation, SessionStore } from "../session_store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq, readerOf, toDocument } from "./documents.ts";
import { LeasedReads } from "./leased_reads.ts";
import { PassingWrites } from "./passing_writes.ts";
import type { MongoPushDeviceStore } from "./push_devices.ts";
import { rowLoader } from "./row_loaders.ts";
import { type SessionDocument, SESSIONS } from "./session_collection.ts";

/** Releases that exchanged refresh tokens without keeping the previous one did not write these. */
const readSession = readerOf<Session>(() => ({ previousHash: null, rotatedAt: null }));

export class MongoSessionStore implements SessionStore {
  readonly #sessions: Collection<SessionDocument>;
  readonly #load: (id: string) => Promise<SessionDocument | null>;
  readonly #lately: LeasedReads<Session | null>;
  readonly #passing: PassingWrites<SessionDocument>;

  constructor(mongo: MongoConnection, private readonly pushDevices: MongoPushDeviceStore) {
    this.#sessions = mongo.collection(SESSIONS);
    this.#load = rowLoader(this.#sessions);
    this.#lately = new LeasedReads({
      load: (id) => this.byId(id),
      mayKeep: (session) => session !== null && session.endedAt === null,
    });
    this.#passing = new PassingWrites(this.#sessions);
  }

  async create(session: Session): Promise<void> {
    await this.#sessions.insertOne(toDocument(session));
  }

  async byId(id: string): Promise<Session | null> {
    const found = await this.#load(id);
    return found && readSession(found);
  }

  async alive(id: string, now: number): Promise<Session | null> {
    const lately = await this.#lately.get(id);
    if (lately && isAlive(lately, now)) return lately;
    // A refresh may have extended it meanwhile.
    const latest = lately && await this.byId(id);
    return latest && isAlive(latest, now) ? latest : null;
  }

  /** Call after the commit of `endThese`. */
  untilEnded(): Promise<void> {
    return this.#lately.untilSeen();
  }

  /** With `session`, runs within its transaction. */
  async activeOf(userId: string, now: number, session?: ClientSession): Promise<Session[]> {
    const found = this.#sessions.find({ userId: eq(userId), ...aliveAt(now) }, { session })
      .sort({ lastUsedAt: -1, _id: -1 });
    return (await found.toArray()).map(readSession);
  }

  async rotate(rotation: RefreshRotation): Promise<boolean> {
    const { sessionId, expectedHash, newHash, now, expiresAt, address, userAgent } = rotation;
    const { matchedCount } = await this.#sessions.updateOne(
      { _id: eq(sessionId), refreshHash: eq(expectedHash), ...aliveAt(now) },
      {
        $set: {
          refreshHash: newHash,
          previousHash: expectedHash,
          rotatedAt: now,
          lastUsedAt: now,
          expiresAt,
          address,
          userAgent,
        },
      },
    );
    return matchedCount === 1;
  }

  async ofUser(
    userId: string,
    { before, limit }: IdPage,
  ): Promise<Session[]> {
    const filter = { userId: eq(userId), ...(before !== null && { _id: { $lt: before } }) };
    const found = this.#sessions.find(filter).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(readSession);
  }

  touch(id: string, at: number, address: string, userAgent: string): Promise<void> {
    this.#lately.forget(id);
    return this.#passing.add({
      updateOne: {
        filter: { _id: eq(id), endedAt: null, lastUsedAt: { $lt: at } },
        update: { $set: { lastUsedAt: at, address, userAgent } },
      },
    });
  }

  async deleteAllOf(userId: string): Promise<number> {
    const { deletedCount } = await this.#sessions.deleteMany({ userId: eq(userId) });
    if (deletedCount > 0) await this.#lately.untilSeen();
    return deletedCount;
  }

  async setAuthenticatedAt(id: string, at: number): Promise<void> {
    await this.#sessions.updateOne({ _id: eq(id) }, { $set: { authenticatedAt: at } });
    await this.#lately.untilSeen();
  }

  /**
   * Deletes the devices afterwards: one that is left by a crash in between gets no push, and is
   * purged.
   */
  async end(id: string, at: number, reason: SessionEndReason): Promise<boolean> {
    const ended = await this.#sessions.findOneAndUpdate(
      { _id: eq(id), ...aliveAt(at) },
      { $set: { endedAt: at, endReason: reason } },
      { projection: { userId: 1 } },
    );
    if (ended === null) return false;
    await Promise.all([
      this.#lately.untilSeen(),
      this.pushDevices.removeOfSessions(ended.userId, [id]),
    ]);
    return true;
  }

  /** Ends sessions of one user within the caller's transaction, after which it awaits `untilEnded`. */
  async endThese(
    userId: string,
    ids: string[],
    at: number,
    reason: SessionEndReason,
    session: ClientSession,
  ): Promise<void> {
    const end = { $set: { endedAt: at, endReason: reason } };
    await this.#sessions.updateMany({ _id: { $in: ids }, ...aliveAt(at) }, end, { session });
    await this.pushDevices.removeOfSessions(userId, ids, session);
  }

  /** Comparing with a number excludes those whose `endedAt` is null. */
  async purge(before: number): Promise<number> {
    const { deletedCount } = await this.#sessions.deleteMany({
      $or: [{ endedAt: { $gt: 0, $lt: before } }, { expiresAt: { $lt: before } }],
    });
    return deletedCount;
  }
}

function isAlive({ endedAt, expiresAt }: Session, now: number): boolean {
  return endedAt === null && expiresAt > now;
}

function aliveAt(now: number): Filter<SessionDocument> {
  return { endedAt: null, expiresAt: { $gt: now } };
}
