import { dirname, join } from "node:path";
import { BcryptHasher } from "./auth/password_hasher_bcrypt.ts";
import type { IdentityProvider } from "./auth/providers/identity_provider.ts";
import type { PasswordHasher } from "./auth/password_hasher.ts";
import type { Config } from "./config.ts";
import { dataDirError, RESTORE_DRAFT } from "./config/data_dir.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { MetricsRegistry } from "./core/metrics.ts";
import { makePrivateFile, makePrivateFolder } from "./core/private_files.ts";
import { parseMailFrom } from "./mail/mail_from.ts";
import type { Mailer } from "./mail/mailer.ts";
import { logMailer } from "./mail/mailer_log.ts";
import type { BlobStore } from "./media/blobs/blob_store.ts";
import type { PushSender } from "./notifications/push/sender.ts";
import type { RateLimiter } from "./cluster/rate_limiter.ts";
import { MemoryRateLimiter } from "./cluster/local/rate_limiter.ts";
import { brokerObserver, type OnBrokerCall } from "./cluster/broker_metrics.ts";
import type { Broker } from "./cluster/broker.ts";
import { localBroker } from "./cluster/local/broker.ts";
import { Instances, type InstanceTable } from "./cluster/shared/instances.ts";
import type { PresenceDirectory } from "./cluster/presence_directory.ts";
import { localPresence } from "./cluster/local/presence.ts";
import { SharedPresence } from "./cluster/shared/presence.ts";
import { clockWatch } from "./store/clock_watch.ts";
import { poolMetrics, type WatchPool } from "./store/mongo/pool_metrics.ts";
import type { Store } from "./store/store.ts";

/** Every port with its adapter in this deployment. */
export interface Adapters {
  store: Store;
  backplane: Backplane;
  blobs: BlobStore;
  mailer: Mailer;
  pushSender: PushSender;
  hasher: PasswordHasher;
  providers: IdentityProvider[];
}

export interface AdaptersOptions {
  config: Config;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  /** Number of instances in this process. */
  instances: number;
}

/**
 * The only file that names concrete adapters. The configuration selects them, and adapters that it
 * does not need are not loaded.
 */
export async function openAdapters(
  { config, clock, log, metrics, instances }: AdaptersOptions,
): Promise<Adapters> {
  const watchPool = poolMetrics(metrics);
  const onCall = brokerObserver(metrics);
  return {
    store: await openStore(config, { watchPool, log, onSkew: clockWatch(metrics, log) }),
    backplane: await openBackplane({ config, clock, log, watchPool, onCall, threads: instances }),
    blobs: await openBlobs(config),
    mailer: await openMailer(config, log),
    pushSender: await openPushSender(config, log, clock),
    hasher: new BcryptHasher(config.bcryptCost),
    providers: await openProviders(config, clock),
  };
}

export interface StoreWatch {
  watchPool?: WatchPool;
  log?: Log;
  /** Called with the milliseconds by which this host's clock is behind the database's. */
  onSkew?: (behindMs: number) => void;
}

/** Also used by commands that work on the store alone. */
export async function openStore(
  config: Config,
  { watchPool, log, onSkew }: StoreWatch = {},
): Promise<Store> {
  const store = config.mongodbUri === null
    ? await openFileStore(config, log)
    : await openServerStore(config.mongodbUri, { watchPool, log, onSkew });
  if (await store.rows.progress() === null) return store;
  await store.close();
  throw new Error(
    'Cannot open the database: copying another store into it was interrupted: run "deno task store:copy" again',
  );
}

export async function openServerStore(
  uri: string,
  watch: StoreWatch = {},
): Promise<Store> {
  const { openMongoStore } = await import("./store/mongo/mongo_store.ts");
  return await openMongoStore({ uri, ...watch });
}

/** Throws if this Deno cannot use SQLite. */
export async function requireFileStore(): Promise<void> {
  const { requireNumberedParameters } = await import("./store/sqlite/numbered_parameters.ts");
  requireNumberedParameters();
}

export async function openFileStore(
  config: Pick<Config, "dataDir">,
  log?: Log,
): Promise<Store> {
  await requireFileStore();
  const { SqliteStore } = await import("./store/sqlite/sqlite_store.ts");
  await openDataDir(config);
  await requireRestored(config);
  const path = join(config.dataDir, "chat.sqlite3");
  await makePrivateFile(path);
  return new SqliteStore(path, { log });
}

async function requireRestored({ dataDir }: Pick<Config, "dataDir">): Promise<void> {
  const isInterrupted = await Deno.stat(join(dataDir, RESTORE_DRAFT)).then(() => true, () => false);
  if (!isInterrupted) return;
  throw new Error(
    `Cannot open ${dataDir}: restoring a backup into it was interrupted: run "deno task restore" again`,
  );
}

/**
 * Restricts DATA_DIR to the server's own account, including files that an earlier release created.
 */
async function openDataDir({ dataDir }: Pick<Config, "dataDir">): Promise<void> {
  await makePrivateFolder(dataDir, /^((chat|kv)\.sqlite3(-wal|-shm)?|dev_secrets\.json|media)$/)
    .catch((error) => {
      throw dataDirError(dataDir, error);
    });
}

/**
 * Carries signals between instances, the presence of connections, and the shared counts of rate
 * limits.
 */
export interface Backplane {
  broker: Broker;
  directory: PresenceDirectory;
  /** Shared through the broker's service; a single instance limits alone. */
  limiter: RateLimiter;
  /** Runs after the broker has closed. */
  close(): Promise<void>;
}

interface BackplaneOptions {
  config: Config;
  clock: Clock;
  log: Log;
  watchPool: WatchPool;
  onCall: OnBrokerCall;
  /** Number of instances that are threads of this process. */
  threads: number;
}

async function openBackplane(options: BackplaneOptions): Promise<Backplane> {
  const { config, clock, log } = options;
  const { broker, limits } = config;
  const instancesIn = (table: InstanceTable) =>
    new Instances({ table, log, leftGraceMs: limits.presenceGraceMs });
  if (broker.kind === "kv") return await openKvBackplane(options, instancesIn);
  if (broker.kind === "mongo") return await openMongoBackplane(options, instancesIn);
  return {
    limiter: new MemoryRateLimiter(clock),
    broker: localBroker(),
    directory: localPresence(),
    close: () => Promise.resolve(),
  };
}

async function openKvBackplane(
  { config, clock, log, onCall, threads }: BackplaneOptions,
  instancesIn: (table: InstanceTable) => Instances,
): Promise<Backplane> {
  const { kvUrl: url, kvPath: path } = config.broker;
  const { openKv } = await import("./cluster/kv/connection.ts");
  const { KvBroker } = await import("./cluster/kv/broker.ts");
  const { ThreadChannel } = await import("./cluster/kv/thread_channel.ts");
  const { kvInstanceTable } = await import("./cluster/kv/instances.ts");
  const { kvPresenceTable } = await import("./cluster/kv/presence.ts");
  const { SharedRateLimiter } = await import("./cluster/shared/rate_limiter.ts");
  const { kvRateTable } = await import("./cluster/kv/rate_limiter.ts");
  await makeKvFile(config.broker);
  const kv = await openKv({ url, path });
  // Reads and watches use separate connections to a KV server; a local file gains nothing from
  // that.
  const [readKv, watchKv] = url === null ? [kv, kv] : await Promise.all([
    openKv({ url, path }),
    openKv({ url, path }),
  ]);
  const instances = instancesIn(kvInstanceTable(kv));
  const limiter = new SharedRateLimiter({ table: kvRateTable(kv), log, clock });
  const channel = threads > 1
    ? new ThreadChannel(`realtimechat ${url ?? path}`, instances.id)
    : undefined;
  return {
    limiter,
    broker: new KvBroker({ kv, readKv, watchKv, instances, threads: channel, log, onCall }),
    directory: new SharedPresence(kvPresenceTable(kv), instances, log),
    close: async () => {
      await limiter.close();
      for (const each of new Set([kv, readKv, watchKv])) each.close();
    },
  };
}

/** Creates the file of a Deno KV on this host, for the server's own account only. */
async function makeKvFile({ kvUrl: url, kvPath: path }: Config["broker"]): Promise<void> {
  if (url !== null || path === null) return;
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await makePrivateFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = "set DENO_KV_PATH to a file that this server can make and write to";
    throw new Error(`Cannot make the file of Deno KV, ${path}: ${reason}; ${hint}`, { cause });
  }
}

async function openMongoBackplane(
  { config, clock, log, watchPool, onCall }: BackplaneOptions,
  instancesIn: (table: InstanceTable) => Instances,
): Promise<Backplane> {
  const { connectMongo } = await import("./cluster/mongo/connection.ts");
  const { MongoBroker } = await import("./cluster/mongo/broker.ts");
  const { mongoInstanceTable } = await import("./cluster/mongo/instances.ts");
  const { mongoPresenceTable } = await import("./cluster/mongo/presence.ts");
  const { SharedRateLimiter } = await import("./cluster/shared/rate_limiter.ts");
  const { mongoRateTable } = await import("./cluster/mongo/rate_limiter.ts");
  const { db, close } = await connectMongo(config.mongodbUri!, watchPool);
  const instances = instancesIn(mongoInstanceTable(db));
  const limiter = new SharedRateLimiter({ table: await mongoRateTable(db), log, clock });
  return {
    limiter,
    broker: new MongoBroker({ db, instances, log, onCall }),
    directory: new SharedPresence(await mongoPresenceTable(db), instances, log),
    close: async () => {
      await limiter.close();
      await close();
    },
  };
}

export async function openBlobs({ s3, dataDir }: Config): Promise<BlobStore> {
  if (s3 !== null) {
    const { S3BlobStore } = await import("./media/blobs/s3/blob_store.ts");
    const { bucket, region, accessKeyId, secretAccessKey } = s3;
    return new S3BlobStore({
      bucket,
      region,
      credentials: { accessKeyId, secretAccessKey },
      endpoint: s3.endpointUrl ?? undefined,
      publicEndpoint: s3.publicEndpointUrl ?? undefined,
    });
  }
  const { DiskBlobStore } = await import("./media/blobs/disk/blob_store.ts");
  await openDataDir({ dataDir });
  return new DiskBlobStore(join(dataDir, "media"));
}

/** Pushes for a service that is not configured become lines in the log. */
async function openPushSender(config: Config, log: Log, clock: Clock): Promise<PushSender> {
  const { fcm, vapid, webPushOrigins: allowedOrigins } = config;
  const { logPushSender } = await import("./notifications/push/sender_log.ts");
  const { pushSenderByKind } = await import("./notifications/push/sender_by_kind.ts");
  const toLog = logPushSender(log);
  return pushSenderByKind(
    fcm === null ? toLog : await fcmSender(fcm, clock),
    vapid === null ? toLog : await webPushSender(vapid, allowedOrigins, clock),
  );
}

async function fcmSender(fcm: NonNullable<Config["fcm"]>, clock: Clock) {
  const { FcmPushSender } = await import("./notifications/push/fcm/sender.ts");
  const { ServiceAccount } = await import("./notifications/push/fcm/service_account.ts");
  const { projectId, clientEmail, privateKey, privateKeyId, tokenUri } = fcm.serviceAccount;
  const account = new ServiceAccount({
    type: "service_account",
    project_id: projectId,
    client_email: clientEmail,
    private_key: privateKey,
    private_key_id: privateKeyId ?? undefined,
    token_uri: tokenUri,
  });
  return new FcmPushSender({ account, endpoint: fcm.endpointUrl, clock });
}

async function webPushSender(
  { publicKey, privateKey, subject }: NonNullable<Config["vapid"]>,
  allowedOrigins: readonly string[],
  clock: Clock,
) {
  const { WebPushSender } = await import("./notifications/push/web/sender.ts");
  const { parseVapidKeys } = await import("./notifications/push/web/vapid.ts");
  const vapid = await parseVapidKeys({ publicKey, privateKey }, subject);
  return new WebPushSender({ vapid, allowedOrigins, clock });
}

export async function openMailer({ environment, mail }: Config, log: Log): Promise<Mailer> {
  if (mail.smtpUrl === null) return logMailer(log, { secrets: environment !== "production" });
  const { SmtpMailer } = await import("./mail/mailer_smtp.ts");
  const { SmtpUrl } = await import("./mail/smtp_url.ts");
  return new SmtpMailer({ url: new SmtpUrl(mail.smtpUrl), from: parseMailFrom(mail.from) });
}

async function openProviders(
  { google, facebook, oidc }: Config,
  clock: Clock,
): Promise<IdentityProvider[]> {
  const providers: IdentityProvider[] = [];
  if (google !== null) {
    const { GoogleProvider } = await import("./auth/providers/google.ts");
    providers.push(new GoogleProvider({ ...google, clock }));
  }
  if (facebook !== null) {
    const { FacebookProvider } = await import("./auth/providers/facebook.ts");
    providers.push(new FacebookProvider({ ...facebook, clock }));
  }
  if (oidc.length > 0) {
    const { OidcProvider } = await import("./auth/providers/oidc.ts");
    providers.push(...oidc.map((each) => new OidcProvider({ ...each, clock })));
  }
  return providers;
}

/**
 * Writes, reads and deletes an entry of the KV that the broker would use. Throws the KV's error.
 */
export async function tryKv(broker: Config["broker"]): Promise<void> {
  const { openKv } = await import("./cluster/kv/connection.ts");
  await makeKvFile(broker);
  const kv = await openKv({ url: broker.kvUrl, path: broker.kvPath });
  try {
    const key = ["doctor", crypto.randomUUID()];
    await kv.set(key, 1, { expireIn: 60_000 });
    if ((await kv.get(key)).value !== 1) throw new Error("the written entry is not there");
    await kv.delete(key);
  } finally {
    kv.close();
  }
}

/** Lets FCM validate a message without sending it. Throws the reason if FCM would refuse it. */
export async function fcmDryRun(fcm: NonNullable<Config["fcm"]>): Promise<void> {
  await (await fcmSender(fcm, systemClock)).dryRun();
}

/** Throws an Error that names the fault. */
export async function parseVapid(vapid: NonNullable<Config["vapid"]>): Promise<void> {
  const { parseVapidKeys } = await import("./notifications/push/web/vapid.ts");
  await parseVapidKeys(vapid, vapid.subject);
}

/** Milliseconds by which the database's clock is ahead of this host's. */
export async function databaseSkew(uri: string): Promise<number> {
  const { connectMongo } = await import("./cluster/mongo/connection.ts");
  const { db, close } = await connectMongo(uri);
  try {
    const asked = Date.now();
    const { localTime } = await db.command({ hello: 1 });
    return Number(localTime) - (asked + Date.now()) / 2;
  } finally {
    await close();
  }
}
