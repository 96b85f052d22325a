import type { Db } from "mongodb";
import type { RateTable } from "../shared/rate_limiter.ts";

/** A bucket in one window. */
interface Row {
  _id: string;
  /**
   * Uses by instance: each adds to a separate field, so that no instance overwrites another's
   * count.
   */
  uses: Record<string, number>;
  expiresAt: Date;
}

/** The server's error code for a unique key that exists already. */
const DUPLICATE_KEY = 11000;

/**
 * The collection `rates`, whose rows the server deletes. Creates its index, which is safe to
 * repeat.
 */
export async function mongoRateTable(db: Db): Promise<RateTable> {
  // Counts lost in a failover do not matter for long.
  const rows = db.collection<Row>("rates", { writeConcern: { w: 1 } });
  await rows.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  const idOf = (bucket: string, window: number) => `${bucket}:${window}`;
  return {
    async write({ instance, bucket, window, added, keepMs }) {
      const add = () =>
        rows.updateOne({ _id: idOf(bucket, window) }, {
          $inc: { [`uses.${instance}`]: added },
          $setOnInsert: { expiresAt: new Date(Date.now() + keepMs) },
        }, { upsert: true });
      try {
        await add();
      } catch (error) {
        // Of two concurrent inserts of the row, one may fail with a duplicate key.
        if ((error as { code?: unknown }).code !== DUPLICATE_KEY) throw error;
        await add();
      }
    },
    async others({ instance, bucket, window }) {
      const current = idOf(bucket, window);
      const others = { current: 0, previous: 0 };
      const found = rows.find({ _id: { $in: [current, idOf(bucket, window - 1)] } });
      for await (const { _id, uses } of found) {
        for (const [id, count] of Object.entries(uses)) {
          if (id !== instance) others[_id === current ? "current" : "previous"] += count;
        }
      }
      return others;
    },
  };
}
