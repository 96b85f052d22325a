import type { ClientSession, Collection, Db } from "mongodb";
import { newId } from "../../core/ids.ts";

/** A process, and the server sessions that it has its transactions in. */
interface OwnerDocument {
  _id: string;
  sessions: ServerSessionId[];
  /** By the server's clock, as all of them are. */
  aliveAt: Date;
}

type ServerSessionId = NonNullable<ClientSession["id"]>["id"];

const RENEW_MS = 2_000;
const SILENT_MS = 8_000;
/** Far more than the driver has at once. It uses the same ones over again; the latest are kept. */
const MAX_SESSIONS = 1_000;

export interface TransactionOwnersOptions {
  renewMs?: number;
  /** Milliseconds that only go forward, for tests. */
  now?: () => number;
}

/**
 * Ends the transactions of processes that died in the midst of them. MongoDB would keep each open, and
 * the chat that it writes to locked, until a minute has passed (`transactionLifetimeLimitSeconds`).
 *
 * Each process writes down in which server sessions it has transactions, and every 2 seconds that it
 * is alive; then it looks for those who have been silent for 8 seconds, and kills their sessions. To be
 * wrong about one is safe: a transaction that is killed has written nothing, and its owner is told. But
 * others may be silent only because the database was: who could not write itself waits that long first.
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
  /** Until then nobody is taken for dead. */
  #patientUntil = 0;

  constructor(
    private readonly db: Db,
    { renewMs = RENEW_MS, now = () => performance.now() }: TransactionOwnersOptions = {},
  ) {
    this.#renewMs = renewMs;
    this.#now = now;
    // As few as there are processes: it needs no index, and is made by the first.
    this.#owners = db.collection<OwnerDocument>("transactionOwners");
  }

  /** To be awaited before a transaction begins in this session; the first time, it takes a write. */
  announce(session: ClientSession): Promise<void> {
    const { id } = session.id!;
    const key = id.toString("hex");
    const known = this.#announced.get(key);
    if (known) return known;
    if (this.#timer === undefined) this.#begin();
    const announced = this.#add(id);
    this.#announced.set(key, announced);
    announced.catch(() => this.#announced.delete(key));
    const [oldest] = this.#announced.keys();
    if (this.#announced.size > MAX_SESSIONS) this.#announced.delete(oldest);
    return announced;
  }

  /** When no transaction is under way any more. */
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

  /** What fails is tried again soon: a database that is out of reach holds nothing up for this. */
  async #renew(): Promise<void> {
    try {
      const own = await this.#owners.findOneAndUpdate(
        { _id: this.#id },
        { $currentDate: { aliveAt: true } },
        { returnDocument: "after", projection: { aliveAt: 1 } },
      );
      const mayJudge = this.#mayJudge();
      // Gone when someone took this process for dead: its sessions are announced anew.
      if (own === null) this.#announced.clear();
      else if (mayJudge) await this.#endSilent(new Date(own.aliveAt.getTime() - SILENT_MS));
    } catch {
      return;
    }
  }

  /** To be asked after each renewal: one that comes late tells of an outage, which others had too. */
  #mayJudge(): boolean {
    const now = this.#now();
    if (now - this.#renewedAt > 2 * RENEW_MS) this.#patientUntil = now + SILENT_MS;
    this.#renewedAt = now;
    return now >= this.#patientUntil;
  }

  async #endSilent(since: Date): Promise<void> {
    const silent = await this.#owners.find({ aliveAt: { $lt: since } }).toArray();
    for (const { _id, sessions, aliveAt } of silent) {
      try {
        await this.db.command({ killSessions: sessions.map((id) => ({ id })) });
      } finally {
        // Also where the command is not allowed: these rows must not pile up.
        await this.#owners.deleteOne({ _id, aliveAt });
      }
    }
  }
}
