import { base64url } from "jose";
import type { Adapters } from "./adapters.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { auditHandlers } from "./audit/handlers.ts";
import { createAuth } from "./auth/auth_services.ts";
import { authHandlers } from "./auth/handlers.ts";
import { RESERVED_NAMES } from "./auth/reserved_names.ts";
import { secretBox } from "./auth/secret_box.ts";
import { Tokens } from "./auth/tokens.ts";
import { AbandonedGroups } from "./chats/abandoned_groups.ts";
import { CatchUp } from "./chats/catch_up.ts";
import { ChangeFeed } from "./chats/change_feed.ts";
import { ChatAccess } from "./chats/chat_access.ts";
import { ChatPersonalData } from "./chats/chat_personal_data.ts";
import { ChatReader } from "./chats/chat_reader.ts";
import { ChatWriter } from "./chats/chat_writer.ts";
import { CommitRepair } from "./chats/commit_repair.ts";
import { ContactChoices } from "./chats/contact_choices.ts";
import { ContactGate } from "./chats/contact_gate.ts";
import { contactHandlers } from "./chats/contact_handlers.ts";
import { ContactPersonalData } from "./chats/contact_personal_data.ts";
import { commitObserver } from "./chats/commit_metrics.ts";
import { ContactRequests } from "./chats/contact_requests.ts";
import { DirectChats } from "./chats/direct_chats.ts";
import { Groups } from "./chats/groups.ts";
import { chatHandlers } from "./chats/handlers.ts";
import { Inbox } from "./chats/inbox.ts";
import { ContactPolicy } from "./chats/contact_policy.ts";
import { Receipts } from "./chats/receipts.ts";
import { Unread } from "./chats/unread.ts";
import type { ChatCommit } from "./model/chat_step.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { MetricsRegistry } from "./core/metrics.ts";
import type { Tracing } from "./core/tracing.ts";
import { epochOfMessage } from "./encryption/application_messages.ts";
import { ClaimBudget } from "./encryption/claim_budget.ts";
import { Commits } from "./encryption/commits.ts";
import { DevicePersonalData } from "./encryption/device_personal_data.ts";
import { Devices } from "./encryption/devices.ts";
import { encryptionHandlers } from "./encryption/handlers.ts";
import { KeyPackages } from "./encryption/key_packages.ts";
import { EncryptionNotices } from "./encryption/notices.ts";
import { Welcomes } from "./encryption/welcomes.ts";
import { mediaHandlers } from "./media/handlers.ts";
import { MediaPersonalData } from "./media/media_personal_data.ts";
import { imageMemoryBytes, processMemoryBytes } from "./media/images/memory.ts";
import { createMedia } from "./media/media_services.ts";
import { uploadObserver } from "./media/upload_metrics.ts";
import { messageHandlers } from "./messages/handlers.ts";
import { MessageEditor } from "./messages/message_editor.ts";
import { MessageReader } from "./messages/message_reader.ts";
import { MessageSender } from "./messages/message_sender.ts";
import { notificationHandlers } from "./notifications/handlers.ts";
import { NotificationPersonalData } from "./notifications/notification_personal_data.ts";
import { createNotifications } from "./notifications/notification_services.ts";
import { pushMetrics } from "./notifications/push/metrics.ts";
import type { Bound } from "./operations/handler.ts";
import { realtimeHandlers } from "./realtime/handlers.ts";
import { deliveryMetrics } from "./realtime/delivery_metrics.ts";
import { Hub } from "./realtime/hub.ts";
import { Presence } from "./realtime/presence.ts";
import { ProfileNews } from "./realtime/profile_news.ts";
import { Publisher } from "./realtime/publisher.ts";
import { ReceiptGatherer } from "./realtime/receipt_gatherer.ts";
import { Typing } from "./realtime/typing.ts";
import { userHandlers } from "./users/handlers.ts";
import { moderationHandlers } from "./users/moderation_handlers.ts";
import { createUsers } from "./users/user_services.ts";

/** What mails and authenticator apps call the service. */
const PRODUCT = "RealTimeChat";

/** What all services are made of. */
export interface AppContext {
  config: Config;
  adapters: Adapters;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  /** Instances in this process, which share its memory. */
  instances: number;
  tracing: Tracing;
}

export type Services = ReturnType<typeof createServices>;

/** All rules of the product, joined: what the doors open to. */
export function createServices(context: AppContext) {
  const realtime = createRealtime(context);
  const features = createFeatures(context, realtime);
  const accounts = createAccounts(context, realtime, features);
  return { ...realtime, ...features, ...accounts };
}

type Realtime = ReturnType<typeof createRealtime>;

function createRealtime(
  { adapters: { store, backplane }, config: { limits }, clock, log, metrics, tracing }: AppContext,
) {
  const feed = new ChangeFeed(store);
  const hub = new Hub(store, feed, log, { figures: deliveryMetrics(metrics) });
  const publisher = new Publisher(hub, backplane.broker, tracing);
  const access = new ChatAccess(store);
  const contactPolicy = new ContactPolicy(store);
  const typing = new Typing(access, contactPolicy, hub, publisher, limits);
  const { directory } = backplane;
  const presence = new Presence({ store, directory, hub, publisher, clock, log, limits });
  hub.listen(presence);
  const gatherer = new ReceiptGatherer({ store, publisher, log, limits });
  const profileNews = new ProfileNews({ store, publisher, log, limits });
  return { feed, hub, publisher, access, contactPolicy, typing, presence, profileNews, gatherer };
}

type Features = ReturnType<typeof createFeatures>;

/** What is written, uploaded and told. */
function createFeatures(context: AppContext, realtime: Realtime) {
  const { publisher, access, contactPolicy, typing, feed, hub } = realtime;
  const { adapters: { store, blobs }, config, clock, log, tracing } = context;
  const { limits } = config;
  const repair = new CommitRepair({ store, log, onHead: (...head) => publisher.head(...head) });
  const onCommit = (commit: ChatCommit) => {
    tracing.span("publish", () => publisher.commit(commit));
    typing.committed(commit);
    media.committed(commit);
    push.worker.committed(commit);
  };
  const writer: ChatWriter = new ChatWriter(store, clock, onCommit, {
    maxChats: limits.chatsPerUser,
    onCommitted: commitObserver(context.metrics),
    onUncertain: (chatId, after) => repair.check(chatId, after),
    tracing,
    onRepeat: (chatId, rev) => publisher.head(chatId, rev),
  });
  const media = createMedia({
    store,
    blobs,
    writer,
    chatAccess: access,
    clock,
    log,
    limits,
    imageMemoryBytes: imageMemoryBytes(processMemoryBytes(config), context.instances),
    secret: config.encryptionKey,
    onUploaded: uploadObserver(context.metrics),
  });
  const unread = new Unread(store, clock);
  const push = createPush(context, publisher, hub, unread);
  const gate = createGate(context, contactPolicy);
  const requests = new ContactRequests({
    ...{ store, writer, contactPolicy, clock, limits },
    send: (userIds, event) => publisher.toUsers(userIds, event),
    notify: (request) => push.requests.notify(request),
    settled: (request) => push.withdrawals.requestSettled(request),
  });
  const direct = new DirectChats({ store, writer, gate, requests, clock });
  const pictures = media.library;
  const groups = new Groups({ writer, gate, requests, pictures, clock, limits });
  const catchUp = new CatchUp(store, feed, limits);
  return { writer, repair, media, push, unread, gate, requests, direct, groups, catchUp };
}

function createGate(
  { adapters, config, log }: AppContext,
  contactPolicy: ContactPolicy,
): ContactGate {
  return new ContactGate({
    store: adapters.store,
    contactPolicy,
    limiter: adapters.backplane.limiter,
    rates: config.rates,
    defaults: config.contact,
    mailConfigured: config.mail.smtpUrl !== null,
    log,
  });
}

function createPush(context: AppContext, publisher: Publisher, hub: Hub, unread: Unread) {
  const { adapters: { store, backplane, pushSender }, config, clock, log, metrics } = context;
  return createNotifications({
    store,
    publisher,
    sender: pushSender,
    unread,
    connected: {
      here: (userId) => hub.isConnected(userId),
      anywhere: (userIds) => backplane.directory.online(userIds),
    },
    clock,
    log,
    limits: config.limits,
    vapidKey: config.vapid?.publicKey ?? null,
    webPushOrigins: config.webPushOrigins,
    figures: pushMetrics(metrics),
  });
}

function createAccounts(context: AppContext, realtime: Realtime, features: Features) {
  const { publisher, access, profileNews } = realtime;
  const { adapters: { store }, config, clock, log } = context;
  const { limits, adminEmails, adminSecondFactor } = config;
  const { writer, groups, media, push } = features;
  const abandoned = new AbandonedGroups(store, clock, log, () => media.sweeper.nudge());
  const notices = new EncryptionNotices(store, (ids, event) => publisher.toUsers(ids, event));
  const auth = createSignIn(context, realtime, push, notices);
  const devices = new Devices(store, access, notices, clock, limits);
  const users = createUsers({
    store,
    clock,
    log,
    auth,
    avatars: media.library,
    publisher,
    limits,
    adminEmails,
    onProfileChanged: (user) => profileNews.changed(user),
    adminSecondFactor,
    personalData: [
      // Before the chats: their members are told that leaves are to be removed.
      new DevicePersonalData(devices),
      new ChatPersonalData(store, writer, groups, clock),
      abandoned,
      new ContactPersonalData(store),
      new MediaPersonalData(store, media.library),
      new NotificationPersonalData(store),
    ],
  });
  return { auth, users, notices, devices, abandoned };
}

function createSignIn(
  context: AppContext,
  { publisher, profileNews }: Realtime,
  push: Features["push"],
  notices: EncryptionNotices,
) {
  const { adapters, config, clock, log } = context;
  const audit = new AuditTrail(adapters.store, clock, (entry) => {
    if (entry.action === "username.changed") profileNews.renamed(entry.userId!);
    return push.notifications.audited(entry);
  });
  return createAuth({
    store: adapters.store,
    clock,
    log,
    hasher: adapters.hasher,
    tokens: new Tokens(config.tokens, clock),
    limiter: adapters.backplane.limiter,
    mailer: adapters.mailer,
    box: secretBox([
      base64url.encode(config.encryptionKey),
      ...config.formerEncryptionKeys.map((key) => base64url.encode(key)),
    ]),
    providers: adapters.providers,
    audit,
    onSessionsEnded: (ids) => publisher.endSessions(ids),
    onDevicesRemoved: (userId, devices) => notices.devices(userId, devices, "removed"),
    reservedNames: config.reservedNames ?? RESERVED_NAMES,
    maxSessions: config.limits.sessionsPerUser,
    sessionLifetimeMs: config.sessionLifetimeMs,
    proofWindowMs: config.reauthWindowMs,
    baseUrl: config.publicUrl ?? `http://localhost:${config.port}`,
    product: PRODUCT,
  });
}

/** Every operation with its handler, for all doors. */
export function bindServices(context: AppContext, services: Services): Bound[] {
  const { adapters: { store }, clock } = context;
  const { auth, users, media, push, typing, presence } = services;
  return [
    ...authHandlers(auth),
    ...auditHandlers(auth.audit, store),
    ...userHandlers(users.profiles, users.erasure),
    ...moderationHandlers(users),
    ...bindChats(context, services),
    ...bindEncryption(context, services),
    ...mediaHandlers(media),
    ...notificationHandlers(push),
    ...realtimeHandlers({ typing, presence, clock }),
  ];
}

function bindChats({ adapters: { store }, config, clock }: AppContext, all: Services) {
  const { limits } = config;
  const {
    writer,
    direct,
    groups,
    contactPolicy,
    catchUp,
    access,
    media,
    requests,
    unread,
    push,
    gatherer,
  } = all;
  const reader = new ChatReader(store);
  const receipts = new Receipts(
    store,
    contactPolicy,
    (member, chat, isHeard) => gatherer.moved(member, chat, isHeard),
    (userId, chatId, readSeq) => push.withdrawals.chatRead(userId, chatId, readSeq),
  );
  const files = media.library;
  return [
    ...chatHandlers({
      reader,
      direct,
      groups,
      inbox: new Inbox(store, unread, clock, limits),
      receipts,
      catchUp,
    }),
    ...contactHandlers({
      choices: new ContactChoices(store, config.contact),
      ...{ requests, groups, reader },
    }),
    ...messageHandlers({
      sender: new MessageSender(
        writer,
        direct,
        contactPolicy,
        files,
        epochOfMessage,
        clock,
        limits,
      ),
      editor: new MessageEditor(store, writer, contactPolicy, clock, limits),
      reader: new MessageReader(store, access, limits),
    }),
  ];
}

function bindEncryption(
  { adapters, config: { limits, rates }, clock, log }: AppContext,
  all: Services,
) {
  const { devices, contactPolicy, gate, notices, writer, access } = all;
  const { store, backplane: { limiter } } = adapters;
  const budget = new ClaimBudget({ store, limiter, rates, log });
  return encryptionHandlers({
    devices,
    keyPackages: new KeyPackages({ store, people: contactPolicy, budget, notices, clock, limits }),
    commits: new Commits({
      store,
      writer,
      access,
      gate,
      people: contactPolicy,
      notices,
      clock,
      limits,
    }),
    welcomes: new Welcomes(store),
  });
}
