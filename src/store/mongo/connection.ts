import type {
  Collection,
  Db,
  Document as AnyDocument,
  MongoClient,
  MongoClientOptions,
} from "mongodb";
import { AppError } from "../../core/errors.ts";
import { failClosedWrites } from "./closed_writes.ts";
import { MAJORITY_WRITES, READ_LEVEL } from "./durability.ts";
import { isDriverError } from "./errors.ts";
import type { DeliveryPlanner } from "../webhook_store.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { WatchPool } from "./pool_metrics.ts";
import { inTransaction, type Transact } from "./transaction.ts";
import { ServerClock } from "./server_clock.ts";
import { TransactionOwners } from "./transaction_owners.ts";

const DEFAULT_DATABASE = "realtimechat";

/**
 * Milliseconds that a call waits for a primary unless the URI gives another time: long enough for
 * most elections, short enough for a request.
 */
const SERVER_SELECTION_MS = 5_000;

/**
 * Milliseconds that a command waits for a server that accepted it and sends nothing, more than a
 * commit waits for its majority; and that a new connection takes. The driver repeats a read once, so
 * that its caller is answered within a minute. The URI may give other times.
 */
const RESPONSE_MS = 20_000;
const CONNECT_MS = 10_000;

export interface ConnectionOptions {
  /** Milliseconds for which a transaction that failed for now is retried; 10,000 by default. */
  retryMs?: number;
  watchPool?: WatchPool;
  /** The clock of this host; replaced in tests. */
  now?: () => number;
  /** Called now and then with the milliseconds by which this host's clock is behind the database's. */
  onSkew?: (behindMs: number) => void;
  /** False: does without commands that only MongoDB 8 has, as with an earlier release. */
  newCommands?: boolean;
}

/** Version of the wire protocol of MongoDB 8.0, the first release with the command `bulkWrite`. */
const WIRE_VERSION_8 = 25;

/** Abilities of the server beyond those of MongoDB 7. */
export interface Offers {
  bulkWrite: boolean;
}

export class MongoConnection {
  readonly admin: Db;
  readonly clock: ServerClock;
  /** See `WebhookDeliveryStore`. */
  deliveryPlanner: DeliveryPlanner = () => [];
  readonly #owners: TransactionOwners;

  constructor(
    private readonly client: MongoClient,
    readonly db: Db,
    readonly offers: Offers,
    private readonly options: ConnectionOptions,
  ) {
    this.admin = client.db("admin");
    this.clock = new ServerClock(this.db, { now: options.now, onMeasured: options.onSkew });
    this.#owners = new TransactionOwners(this.db);
  }

  collection<D extends AnyDocument>(spec: CollectionSpec): Collection<D> {
    return this.db.collection<D>(spec.name);
  }

  readonly transact: Transact = (work) =>
    inTransaction(this.client, async (session) => {
      await this.#owners.announce(session);
      return await work(session);
    }, this.options.retryMs);

  async ping(): Promise<void> {
    await this.db.command({ ping: 1 });
  }

  async close(): Promise<void> {
    await this.#owners.close();
    await this.client.close();
  }
}

/**
 * Throws a plain Error if the URI or the server is invalid, and `AppError("unavailable")` if no
 * server responds. This is the only place that loads the driver.
 */
export async function connect(
  uri: string,
  options: ConnectionOptions = {},
): Promise<MongoConnection> {
  const { MongoClient, ReadConcern } = await import("mongodb");
  await failClosedWrites();
  const client = newClient(MongoClient, uri);
  options.watchPool?.(client, "store");
  try {
    await client.connect();
    const wireVersion = await requireReplicaSet(client);
    const bulkWrite = options.newCommands !== false && wireVersion >= WIRE_VERSION_8;
    const db = client.db(databaseOf(uri), { readConcern: new ReadConcern(READ_LEVEL) });
    return new MongoConnection(client, db, { bulkWrite }, options);
  } catch (error) {
    await client.close();
    throw startError(error, client);
  }
}

function newClient(Client: typeof MongoClient, uri: string): MongoClient {
  try {
    return new Client(uri, {
      ...MAJORITY_WRITES,
      appName: "realtimechat",
      readPreference: "primary",
      retryReads: true,
      retryWrites: true,
      ...limitsBeside(uri),
    });
  } catch (error) {
    // The driver reads the environment while it is created: the error of a missing permission is
    // clear by itself.
    if (error instanceof Deno.errors.NotCapable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot connect to MongoDB: MONGODB_URI is not a connection string: ${reason}`);
  }
}

/** Returns the limits that the URI does not give: as options they would override it. */
function limitsBeside(uri: string): MongoClientOptions {
  const limits = {
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
    socketTimeoutMS: RESPONSE_MS,
    connectTimeoutMS: CONNECT_MS,
  };
  const isGiven = (name: string) => new RegExp(`[?&]${name}=`, "i").test(uri);
  return Object.fromEntries(Object.entries(limits).filter(([name]) => !isGiven(name)));
}

/** The path of the URI, which may name several hosts and so is no URL. */
function databaseOf(uri: string): string {
  const name = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(uri)?.[1];
  return name === undefined ? DEFAULT_DATABASE : decodeURIComponent(name);
}

/**
 * Only members of a replica set and the routers of a sharded cluster have transactions. Returns the
 * server's version of the wire protocol.
 */
async function requireReplicaSet(client: MongoClient): Promise<number> {
  const hello = await client.db("admin").command({ hello: 1 });
  if (hello.setName !== undefined || hello.msg === "isdbgrid") return hello.maxWireVersion;
  throw new Error(
    `Cannot use MongoDB at ${hostsOf(client)}: transactions need a replica set: start mongod ` +
      "with --replSet and run rs.initiate() once (a set of one member will do)",
  );
}

function startError(error: unknown, client: MongoClient): unknown {
  if (!isDriverError(error)) return error;
  const message = `Connecting to MongoDB at ${hostsOf(client)} failed: ${error.message}`;
  return new AppError("unavailable", message, { cause: error });
}

/** Without the credentials that the URI may contain. */
function hostsOf(client: MongoClient): string {
  const { srvHost, hosts } = client.options;
  return srvHost ?? hosts.map(String).join(",");
}
