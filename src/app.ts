import { dirname, join } from "node:path";
import { base64url } from "jose";
import { BcryptHasher } from "./auth/password_hasher_bcrypt.ts";
import { auditHandlers } from "./auth/audit_handlers.ts";
import { createAuth } from "./auth/auth_services.ts";
import { authHandlers } from "./auth/handlers.ts";
import type { IdentityProvider } from "./auth/identity_provider.ts";
import { FacebookProvider } from "./auth/identity_provider_facebook.ts";
import { GoogleProvider } from "./auth/identity_provider_google.ts";
import { Maintenance } from "./auth/maintenance.ts";
import { mountAccountPages } from "./auth/routes.ts";
import { secretBox } from "./auth/secret_box.ts";
import { Tokens } from "./auth/tokens.ts";
import { CatchUp } from "./chats/catch_up.ts";
import { ChangeFeed } from "./chats/change_feed.ts";
import { ChatAccess } from "./chats/chat_access.ts";
import { ChatPersonalData } from "./chats/chat_personal_data.ts";
import { ChatReader } from "./chats/chat_reader.ts";
import { ChatWriter } from "./chats/chat_writer.ts";
import { DirectChats } from "./chats/direct_chats.ts";
import { Groups } from "./chats/groups.ts";
import { chatHandlers } from "./chats/handlers.ts";
import { Inbox } from "./chats/inbox.ts";
import { People } from "./chats/people.ts";
import { Receipts } from "./chats/receipts.ts";
import type { Config } from "./config.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import { MetricsRegistry } from "./core/metrics.ts";
import { epochOfMessage } from "./encryption/application_messages.ts";
import { Commits } from "./encryption/commits.ts";
import { DevicePersonalData } from "./encryption/device_personal_data.ts";
import { Devices } from "./encryption/devices.ts";
import { encryptionHandlers } from "./encryption/handlers.ts";
import { KeyPackages } from "./encryption/key_packages.ts";
import { EncryptionNotices } from "./encryption/notices.ts";
import { Welcomes } from "./encryption/welcomes.ts";
import { Health } from "./http/health.ts";
import { createHttpApp } from "./http/http_app.ts";
import { registerProcessMetrics } from "./http/metrics.ts";
import { parseMailFrom } from "./mail/mail_from.ts";
import type { Mailer } from "./mail/mailer.ts";
import { logMailer } from "./mail/mailer_log.ts";
import type { BlobStore } from "./media/blob_store.ts";
import { mediaHandlers } from "./media/handlers.ts";
import { MediaPersonalData } from "./media/media_personal_data.ts";
import { createMedia } from "./media/media_services.ts";
import { MEDIA_ROUTES } from "./media/raw_routes.ts";
import { mountMedia } from "./media/routes.ts";
import { messageHandlers } from "./messages/handlers.ts";
import { MessageEditor } from "./messages/message_editor.ts";
import { MessageReader } from "./messages/message_reader.ts";
import { MessageSender } from "./messages/message_sender.ts";
import type { Visitor } from "./model/caller.ts";
import { notificationHandlers } from "./notifications/handlers.ts";
import { NotificationPersonalData } from "./notifications/notification_personal_data.ts";
import { createNotifications } from "./notifications/notification_services.ts";
import type { PushSender } from "./notifications/push_sender.ts";
import { Dispatcher } from "./operations/dispatcher.ts";
import type { Operation } from "./operations/operation.ts";
import { operationObserver } from "./operations/operation_metrics.ts";
import type { RateLimiter } from "./operations/rate_limiter.ts";
import { MemoryRateLimiter } from "./operations/rate_limiter_memory.ts";
import type { Broker } from "./realtime/broker.ts";
import { localBroker } from "./realtime/broker_local.ts";
import { realtimeHandlers } from "./realtime/handlers.ts";
import { Hub } from "./realtime/hub.ts";
import { Instances, type InstanceTable } from "./realtime/instances.ts";
import { Presence } from "./realtime/presence.ts";
import type { PresenceDirectory } from "./realtime/presence_directory.ts";
import { localPresence } from "./realtime/presence_local.ts";
import { SharedPresence } from "./realtime/presence_shared.ts";
import { Publisher } from "./realtime/publisher.ts";
import { Receiver } from "./realtime/receiver.ts";
import { Typing } from "./realtime/typing.ts";
import type { Store } from "./store/store.ts";
import { CommandTable } from "./transport/command_table.ts";
import { SocketIoDoor } from "./transport/socketio/socketio_door.ts";
import { WsDoor } from "./transport/ws/ws_door.ts";
import { userHandlers } from "./users/handlers.ts";
import { moderationHandlers } from "./users/moderation_handlers.ts";
import { EXPORT_ROUTE, mountExport } from "./users/routes.ts";
import { createUsers } from "./users/user_services.ts";
import { mountWebPage } from "./web/routes.ts";
import { profileView } from "./wire/user.ts";

export const VERSION = "0.1.0";

/** What mails and authenticator apps call the service. */
const PRODUCT = "RealTimeChat";

export interface App {
  /** All that it offers, over whichever door. */
  readonly operations: readonly Operation[];
  fetch(request: Request, info: Partial<Deno.ServeHandlerInfo>): Response | Promise<Response>;
  /**
   * Takes nothing new, finishes what is under way, and sends every client elsewhere. Then `shutDown` has
   * the server answer its last requests (it would close sockets as it likes, so not before), and what
   * they need is closed.
   */
  drain(shutDown?: () => Promise<void>): Promise<void>;
}

export interface AppOptions {
  /** What tests put in the place of the real one. */
  clock?: Clock;
  /** Whether Socket.IO polls too; not where requests of one client may come to several instances. */
  polling?: boolean;
}

/** The composition root: the only file that names concrete adapters. */
export async function createApp(
  config: Config,
  log: Log,
  { clock = systemClock, polling = true }: AppOptions = {},
): Promise<App> {
  const { limits } = config;
  const store = await openStore(config);
  const metrics = new MetricsRegistry();
  const hasher = new BcryptHasher();
  const feed = new ChangeFeed(store);
  const hub = new Hub(store, feed, log);
  const backplane = await openBackplane(config, clock, log);
  const { broker, directory } = backplane;
  const publisher = new Publisher(hub, broker);
  const access = new ChatAccess(store);
  const typing = new Typing(access, hub, publisher, limits);
  const presence = new Presence({ store, directory, hub, publisher, clock, log, limits });
  hub.listen(presence);
  const writer = new ChatWriter(store, clock, (commit) => {
    publisher.commit(commit);
    typing.committed(commit);
    media.committed(commit);
    push.worker.committed(commit);
  });
  const media = createMedia({
    store,
    blobs: await openBlobs(config),
    writer,
    chatAccess: access,
    clock,
    log,
    limits: { ...limits, imagePixels: imagePixelsOf(config) },
    secret: config.encryptionKey,
  });
  const pushes = metrics.counter("realtimechat_pushes_total", "Pushes by what became of them");
  const push = createNotifications({
    store,
    publisher,
    sender: await openPushSender(config, log, clock),
    connected: {
      here: (userId) => hub.isConnected(userId),
      anywhere: (userIds) => directory.online(userIds),
    },
    clock,
    log,
    limits,
    vapidKey: config.vapid?.publicKey ?? null,
    webPushOrigins: config.webPushOrigins,
    observe: (outcome) => pushes.add({ outcome }),
  });
  const people = new People(store);
  const direct = new DirectChats(store, writer, people, clock);
  const receipts = new Receipts(store, (membership) => publisher.receipt(membership));
  const catchUp = new CatchUp(store, feed, limits);
  const tokens = new Tokens(config.tokens, clock);
  const { limiter } = backplane;
  const mailer = await openMailer(config, log);
  const auth = createAuth({
    store,
    clock,
    log,
    hasher,
    tokens,
    limiter,
    mailer,
    box: secretBox([base64url.encode(config.encryptionKey)]),
    providers: providersOf(config, clock),
    onAudited: (entry) => push.notifications.audited(entry),
    onSessionsEnded: (ids) => publisher.endSessions(ids),
    maxSessions: limits.sessionsPerUser,
    proofWindowMs: config.reauthWindowMs,
    baseUrl: config.publicUrl ?? `http://localhost:${config.port}`,
    product: PRODUCT,
  });
  const { sessions } = auth;
  const groups = new Groups(writer, people, media.library, clock, limits);
  const notices = new EncryptionNotices(store, (ids, event) => publisher.toUsers(ids, event));
  const devices = new Devices(store, access, notices, clock, limits);
  const users = createUsers({
    store,
    clock,
    log,
    auth,
    avatars: media.library,
    publisher,
    limits,
    adminEmails: config.adminEmails,
    personalData: [
      // Before the chats: their members are told that leaves are to be removed.
      new DevicePersonalData(devices),
      new ChatPersonalData(store, writer, groups, clock),
      new MediaPersonalData(store, media.library),
      new NotificationPersonalData(store),
    ],
  });
  const { profiles } = users;
  const bound = [
    ...authHandlers(auth),
    ...auditHandlers(auth.audit, store),
    ...userHandlers(profiles, users.erasure),
    ...moderationHandlers(users),
    ...chatHandlers({
      reader: new ChatReader(store),
      direct,
      groups,
      inbox: new Inbox(store, limits),
      receipts,
      catchUp,
    }),
    ...messageHandlers({
      sender: new MessageSender(
        writer,
        direct,
        people,
        media.library,
        epochOfMessage,
        clock,
        limits,
      ),
      editor: new MessageEditor(store, writer, people, clock, limits),
      reader: new MessageReader(store, access, limits),
    }),
    ...encryptionHandlers({
      devices,
      keyPackages: new KeyPackages(store, people, notices, clock, limits),
      commits: new Commits(store, writer, access, people, notices, clock, limits),
      welcomes: new Welcomes(store),
    }),
    ...mediaHandlers(media),
    ...notificationHandlers(push),
    ...realtimeHandlers({ typing, presence, clock }),
  ];
  const dispatcher = new Dispatcher({
    limiter,
    rates: config.rates,
    log,
    isAdmin: ({ userId }) => users.moderation.isAdmin(userId),
    observe: operationObserver(metrics),
    checkAnswers: config.environment === "test",
  });
  const health = new Health([
    { name: "store", kind: "ready", check: () => store.ping() },
    { name: "broker", kind: "degraded", check: () => mustWork(broker) },
  ], log);
  const door = {
    commands: new CommandTable(bound, dispatcher),
    services: {
      authenticate: (token: string, visitor: Visitor) => sessions.authenticate(token, visitor),
      profile: async (userId: string) => profileView(await profiles.own(userId)),
      blockedBy: (userId: string) => users.blocks.idsBlockedBy(userId),
      catchUp,
      hub,
      clock,
      limits,
    },
    log,
    corsOrigins: config.corsOrigins,
    publicUrl: config.publicUrl,
    limits,
  };
  const ws = new WsDoor(door);
  const { trustedProxy } = config;
  const socketio = new SocketIoDoor({ ...door, trustedProxy, polling });
  registerProcessMetrics(metrics);
  metrics.gauge("realtimechat_broker_operations", "Calls made to reach other instances", () => {
    return broker.operations;
  });
  metrics.gauge("realtimechat_sockets", "Sockets that are open", () => {
    return ws.size + socketio.size;
  });
  const http = createHttpApp({
    config,
    log,
    authenticator: sessions,
    dispatcher,
    bound,
    health,
    metrics,
    version: VERSION,
    rawRoutes: [EXPORT_ROUTE, ...MEDIA_ROUTES],
    mountFirst: (app) =>
      mountExport(app, { ...users, authenticator: sessions, dispatcher, audit: auth.audit }),
  });
  mountAccountPages(http, { dispatcher, bound, limits });
  mountMedia(http, { media, authenticator: sessions, dispatcher });
  mountWebPage(http);
  http.get("/ws", (c) => ws.upgrade(c.req.raw, c.get("visitor")));
  http.all("/socket.io/", (c) => socketio.handle(c.req.raw, c.env as Deno.ServeHandlerInfo));

  await broker.start(new Receiver(hub, typing));

  const maintenance = new Maintenance(store, clock, log);
  maintenance.start(() => users.erasure.resume());
  media.sweeper.start();
  push.worker.start();
  const expiry = setInterval(() => hub.closeExpired(clock.now()), 1_000);

  function closeSockets(): void {
    presence.close();
    hub.closeAll("restart");
    ws.closeAll();
  }

  async function drain(shutDown?: () => Promise<void>): Promise<void> {
    health.drain();
    await writer.idle();
    closeSockets();
    await Promise.all([socketio.drain(), ws.closed()]);
    await shutDown?.();
    await maintenance.stop();
    clearInterval(expiry);
    await users.erasure.idle();
    await writer.idle();
    typing.close();
    await push.worker.close();
    await broker.close();
    await backplane.close();
    await media.close();
    await auth.mail.idle();
    await mailer.close();
    hasher.close();
    await store.close();
  }

  return {
    operations: bound.map(({ operation }) => operation),
    fetch: (request, info) => http.fetch(request, info),
    drain,
  };
}

async function openStore(config: Config): Promise<Store> {
  if (config.mongodbUri !== null) {
    const { openMongoStore } = await import("./store/mongo/mongo_store.ts");
    return await openMongoStore({ uri: config.mongodbUri });
  }
  const { SqliteStore } = await import("./store/sqlite/sqlite_store.ts");
  await Deno.mkdir(config.dataDir, { recursive: true });
  return new SqliteStore(join(config.dataDir, "chat.sqlite3"));
}

/** What carries signals between instances, who is there, and what all of them have counted. */
interface Backplane {
  broker: Broker;
  directory: PresenceDirectory;
  /** Shared through Deno KV; without it each instance limits alone. */
  limiter: RateLimiter;
  /** After the broker. */
  close(): Promise<void>;
}

async function openBackplane(config: Config, clock: Clock, log: Log): Promise<Backplane> {
  const { broker: { kind, kvUrl: url, kvPath: path }, mongodbUri, limits } = config;
  const instancesIn = (table: InstanceTable) =>
    new Instances({ table, log, leftGraceMs: limits.presenceGraceMs });
  if (kind === "kv") {
    const { openKv } = await import("./realtime/kv_connection.ts");
    const { KvBroker } = await import("./realtime/broker_kv.ts");
    const { kvInstanceTable } = await import("./realtime/instances_kv.ts");
    const { kvPresenceTable } = await import("./realtime/presence_kv.ts");
    const { KvRateLimiter } = await import("./operations/rate_limiter_kv.ts");
    if (url === null && path !== null) await Deno.mkdir(dirname(path), { recursive: true });
    const kv = await openKv({ url, path });
    // A server is talked to over connections of their own; a file gains nothing by it.
    const [readKv, watchKv] = url === null ? [kv, kv] : await Promise.all([
      openKv({ url, path }),
      openKv({ url, path }),
    ]);
    const instances = instancesIn(kvInstanceTable(kv));
    const limiter = new KvRateLimiter({ kv, log, clock });
    return {
      limiter,
      broker: new KvBroker({ kv, readKv, watchKv, instances, log }),
      directory: new SharedPresence(kvPresenceTable(kv), instances, log),
      close: async () => {
        await limiter.close();
        for (const each of new Set([kv, readKv, watchKv])) each.close();
      },
    };
  }
  if (kind === "mongo") {
    const { connectMongo } = await import("./realtime/mongo_connection.ts");
    const { MongoBroker } = await import("./realtime/broker_mongo.ts");
    const { mongoInstanceTable } = await import("./realtime/instances_mongo.ts");
    const { mongoPresenceTable } = await import("./realtime/presence_mongo.ts");
    const { db, close } = await connectMongo(mongodbUri!);
    const instances = instancesIn(mongoInstanceTable(db));
    return {
      limiter: new MemoryRateLimiter(clock),
      broker: new MongoBroker({ db, instances, log }),
      directory: new SharedPresence(await mongoPresenceTable(db), instances, log),
      close,
    };
  }
  return {
    limiter: new MemoryRateLimiter(clock),
    broker: localBroker(),
    directory: localPresence(),
    close: () => Promise.resolve(),
  };
}

function mustWork(broker: Broker): Promise<void> {
  const fault = broker.fault();
  return fault === null ? Promise.resolve() : Promise.reject(new Error(fault));
}

async function openBlobs({ s3, dataDir }: Config): Promise<BlobStore> {
  if (s3 !== null) {
    const { S3BlobStore } = await import("./media/blob_store_s3.ts");
    const { bucket, region, accessKeyId, secretAccessKey, endpointUrl } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    return new S3BlobStore({ bucket, region, credentials, endpoint: endpointUrl ?? undefined });
  }
  const { DiskBlobStore } = await import("./media/blob_store_disk.ts");
  return new DiskBlobStore(join(dataDir, "media"));
}

/** Where a service is not set up, its pushes are lines in the log. */
async function openPushSender(config: Config, log: Log, clock: Clock): Promise<PushSender> {
  const { fcm, vapid, webPushOrigins: allowedOrigins } = config;
  const { logPushSender } = await import("./notifications/push_sender_log.ts");
  const { pushSenderByKind } = await import("./notifications/push_sender_by_kind.ts");
  const toLog = logPushSender(log);
  return pushSenderByKind(
    fcm === null ? toLog : await fcmSender(fcm, clock),
    vapid === null ? toLog : await webPushSender(vapid, allowedOrigins, clock),
  );
}

async function fcmSender(fcm: NonNullable<Config["fcm"]>, clock: Clock) {
  const { FcmPushSender } = await import("./notifications/push_sender_fcm.ts");
  const { ServiceAccount } = await import("./notifications/service_account.ts");
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
  const { WebPushSender } = await import("./notifications/push_sender_web.ts");
  const { parseVapidKeys } = await import("./notifications/vapid.ts");
  const vapid = await parseVapidKeys({ publicKey, privateKey }, subject);
  return new WebPushSender({ vapid, allowedOrigins, clock });
}

/** A picture is in memory as four bytes a pixel while it is worked on: Deno Deploy has 512 MB. */
function imagePixelsOf({ onDenoDeploy, limits }: Config): number {
  return onDenoDeploy ? Math.min(limits.imagePixels, 16_000_000) : limits.imagePixels;
}

async function openMailer({ mail }: Config, log: Log): Promise<Mailer> {
  if (mail.smtpUrl === null) return logMailer(log);
  const { SmtpMailer } = await import("./mail/mailer_smtp.ts");
  const { SmtpUrl } = await import("./mail/smtp_url.ts");
  return new SmtpMailer({ url: new SmtpUrl(mail.smtpUrl), from: parseMailFrom(mail.from) });
}

function providersOf({ google, facebook }: Config, clock: Clock): IdentityProvider[] {
  return [
    ...(google ? [new GoogleProvider({ ...google, clock })] : []),
    ...(facebook ? [new FacebookProvider({ ...facebook, clock })] : []),
  ];
}
