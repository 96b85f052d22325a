import type { Collection } from "mongodb";
import { delay } from "../../core/delay.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import type { SchemaDocument } from "./meta.ts";

export interface MigrationLeaseOptions {
  renewMs?: number;
  silentMs?: number;
  log?: Log;
}

const RENEW_MS = 2_000;
/**
 * A holder whose counter stood still for this long, as measured by the waiting instance, is dead.
 */
const SILENT_MS = 10_000;
const POLL_MS = 200;

/**
 * Held by the one instance that migrates. It shows that it is alive by a counter and not by a time,
 * so that nothing depends on the clocks of two hosts agreeing.
 */
export class MigrationLease {
  readonly holder = newId();
  readonly #renewMs: number;
  readonly #silentMs: number;
  readonly #log: Log | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewal: Promise<void> = Promise.resolve();

  constructor(
    private readonly schema: Collection<SchemaDocument>,
    { renewMs = RENEW_MS, silentMs = SILENT_MS, log }: MigrationLeaseOptions = {},
  ) {
    this.#renewMs = renewMs;
    this.#silentMs = silentMs;
    this.#log = log;
  }

  /** Waits while another instance holds it, for as long as that one is alive. */
  async take(): Promise<void> {
    let seen = await this.#read();
    let seenAt = performance.now();
    if (seen.migrator !== null) this.#log?.info("Waiting for another instance's migration");
    for (;;) {
      const isFree = seen.migrator === null || performance.now() - seenAt >= this.#silentMs;
      if (isFree && await this.#claim(seen)) break;
      await delay(Math.min(POLL_MS, this.#silentMs));
      const now = await this.#read();
      if (now.migrator !== seen.migrator || now.beat !== seen.beat) seenAt = performance.now();
      seen = now;
    }
    this.#timer = setInterval(() => this.#renewal = this.#renew(), this.#renewMs);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
    // If this fails, the others wait until they consider this instance dead.
    await this.schema
      .updateOne({ _id: "schema", migrator: this.holder }, { $set: { migrator: null } })
      .catch(() => {});
  }

  async #read(): Promise<Pick<SchemaDocument, "migrator" | "beat">> {
    const found = await this.schema.findOne({ _id: "schema" });
    if (found === null) throw new Error("Cannot migrate: the document of the schema was deleted");
    return found;
  }

  async #claim({ migrator, beat }: Pick<SchemaDocument, "migrator" | "beat">): Promise<boolean> {
    const { matchedCount } = await this.schema.updateOne(
      { _id: "schema", migrator, beat },
      { $set: { migrator: this.holder, beat: beat + 1 } },
    );
    return matchedCount === 1;
  }

  /** The next renewal makes up for a failed one, or the lease is lost and `markDone` throws. */
  async #renew(): Promise<void> {
    await this.schema
      .updateOne({ _id: "schema", migrator: this.holder }, { $inc: { beat: 1 } })
      .then(() => {}, () => {});
  }
}
