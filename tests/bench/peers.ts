import { MongodbServer } from "../support/mongodb_server.ts";
import { leave, pin } from "./cpu.ts";
import { keepFigures } from "./figures.ts";
import { measureLive } from "./peers_live.ts";
import { measureSends } from "./peers_sends.ts";
import { startExpressSide, startOurs } from "./peer_sides.ts";

export interface PeersOptions {
  /** Rounds over all servers; the median of a server's rounds counts. */
  rounds: number;
  sendSeconds: number;
  live: { receivers: number; rate: number; seconds: number };
  /** Pins the processes, and keeps the figures; not in a test. */
  real: boolean;
}

const OPTIONS: PeersOptions = {
  rounds: 3,
  sendSeconds: 2,
  live: { receivers: 100, rate: 200, seconds: 6 },
  real: true,
};

/**
 * This server on both stores beside Express, Socket.IO and the MongoDB driver on the same database
 * server, in turns: sends over REST, and 200 messages a second to 100 receivers, there beside the
 * bare broadcast too. The measured servers run on one core; load and database on the other.
 */
export async function peers(options: PeersOptions = OPTIONS): Promise<void> {
  const place = options.real ? pin : leave;
  await place(Deno.pid, 1);
  await using mongodb = await MongodbServer.start({ durable: true, cacheSize: "2G" });
  await place(mongodb.pid, 1);
  await using express = await startExpressSide(mongodb);
  await using onSqlite = await startOurs(null);
  await using onMongodb = await startOurs(mongodb);
  const sides = [onSqlite, onMongodb, ...(express ? [express] : [])];
  for (const { pid } of sides) await place(pid, 0);
  const sends = await measureSends(sides, options);
  console.table(sends);
  const live = await measureLive(sides, options);
  console.table(live);
  if (!options.real) return;
  await keepFigures("sends", sends);
  await keepFigures("live", live);
}
