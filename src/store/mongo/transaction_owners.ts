import type { ClientSession, Collection, Db } from "mongodb";
import { newId } from "../../core/ids.ts";

/** A process, and the server sessions in which it runs transactions. */
interface OwnerDocument {
  _id: string;
  sessions: ServerSessionId[];
  /** By the server's clock, for all processes. */
  aliveAt: Date;
}

type ServerSessionId = NonNullable<ClientSession["id"]>["id"];

const RENEW_MS = 2_000;
const SILENT_MS = 8_000;
/** Far more than the driver uses at once. It reuses its sessions; the latest are kept. */
const MAX_SESSIONS = 1_000;

export interface TransactionOwnersOptions {
  renewMs?: number;
  /** Monotonic milliseconds; replaced in tests. */
  now?: () => number;
}

/**
 * Ends the transactions of processes that died in the midst of them. MongoDB would keep each open,
 * and the chat that it writes to locked, until a minute has passed
 * (`transactionLifetimeLimitSeconds`).
 *
 * Each process stores the server sessions in which it runs transactions, and every 2 seconds that
 * it is alive; then it looks for processes that have been silent for 8 seconds, and kills their
 * sessions. A wrong verdict is safe: a killed transaction has written nothing, and its owner gets
 * an error. But other processes may be silent only because the database was down: a process that
 * could not write itself first waits that long.
 */
export class TransactionOwners {
  readonly #id = newId();
  readonly #owners: Collection<OwnerDocument>;
  readonly #announced = new Map<string, Promise<void>>();
  readonly #renewMs: number;
  readonly #now: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewal: Promise<void> | null = null;
  #renewedAt = 0;
  /** Until then no process is considered dead. */
  #graceUntil = 0;

  constructor(
    private readonly db: Db,
    { renewMs = RENEW_MS, now = () => performance.now() }: TransactionOwnersOptions = {},
  ) {
    this.#renewMs = renewMs;
    this.#now = now;
    // One row per process: it needs no index, and the first process creates it.
    this.#owners = db.collection<OwnerDocument>("transactionOwners");
  }

  /** Await it before a transaction begins in this session; the first time, it takes a write. */
  announce(session: ClientSession): Promise<void> {
    const { id } = session.id!;
    const key = id.toString("hex");
    const earlier = this.#announced.get(key);
    if (earlier) return earlier;
    if (this.#timer === undefined) this.#begin();
    const announced = this.#add(id);
    this.#announced.set(key, announced);
    announced.catch(() => this.#announced.delete(key));
    const [oldest] = this.#announced.keys();
    if (this.#announced.size > MAX_SESSIONS) this.#announced.delete(oldest);
    return announced;
  }

  /** Call when no transaction is under way any more. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#renewal;
    await this.#owners.deleteOne({ _id: this.#id }).catch(() => {});
  }

  #begin(): void {
    this.#renewedAt = this.#now();
    this.#timer = setInterval(() => {
      this.#renewal ??= this.#renew().finally(() => this.#renewal = null);
    }, this.#renewMs);
  }

  async #add(id: ServerSessionId): Promise<void> {
    await this.#owners.updateOne({ _id: this.#id }, {
      $push: { sessions: { $each: [id], $slice: -MAX_SESSIONS } },
      $currentDate: { aliveAt: true },
    }, { upsert: true });
  }

  /**
   * A failed renewal is repeated soon: a database that cannot be reached delays nothing because of
   * it.
   */
  async #renew(): Promise<void> {
    try {
      const own = await this.#owners.findOneAndUpdate(
        { _id: this.#id },
        { $currentDate: { aliveAt: true } },
        { returnDocument: "after", projection: { aliveAt: 1 } },
      );
      const mayJudge = this.#mayJudge();
      // Missing if another process considered this one dead: its sessions are announced again.
      if (own === null) this.#announced.clear();
      else if (mayJudge) await this.#endSilent(new Date(own.aliveAt.getTime() - SILENT_MS));
    } catch {
      return;
    }
  }

  /** Call after each renewal: a late renewal shows an outage, which other processes had too. */
  #mayJudge(): boolean {
    const now = this.#now();
    if (now - this.#renewedAt > 2 * RENEW_MS) this.#graceUntil = now + SILENT_MS;
    this.#renewedAt = now;
    return now >= this.#graceUntil;
  }

  async #endSilent(since: Date): Promise<void> {
    const silent = await this.#owners.find({ aliveAt: { $lt: since } }).toArray();
    for (const { _id, sessions, aliveAt } of silent) {
      try {
        await this.db.command({ killSessions: sessions.map((id) => ({ id })) });
      } finally {
        // Also if the command is not allowed: these rows must not pile up.
        await this.#owners.deleteOne({ _id, aliveAt });
      }
    }
  }
}
