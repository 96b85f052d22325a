import { createBots } from "./bots/create_bots.ts";
import { Calls } from "./calls/calls.ts";
import type { Adapters } from "./adapters.ts";
import { createApiKeys } from "./api_keys/create_api_keys.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { createAuth } from "./auth/create_auth.ts";
import { RESERVED_NAMES } from "./auth/reserved_names.ts";
import { type SecretBox, secretBox } from "./auth/secret_box.ts";
import { OwnTokenSessions } from "./auth/own_token_sessions.ts";
import { OwnTokens } from "./auth/own_tokens.ts";
import { Tokens } from "./auth/tokens.ts";
import { AbandonedGroups } from "./chats/abandoned_groups.ts";
import { ChatPersonalData } from "./chats/chat_personal_data.ts";
import type { ChatWriter } from "./chats/chat_writer.ts";
import { ContactPersonalData } from "./chats/contact_personal_data.ts";
import {
  type ChatRules,
  type Chats,
  createChatRules,
  createChats,
  createChatWriter,
} from "./chats/create_chats.ts";
import type { Config } from "./config.ts";
import { toBase64Url } from "./core/base64url.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { MetricsRegistry } from "./core/metrics.ts";
import type { Tracing } from "./core/tracing.ts";
import { epochOfMessage } from "./encryption/application_messages.ts";
import { BackupPersonalData } from "./encryption/backup_personal_data.ts";
import { createEncryption } from "./encryption/create_encryption.ts";
import { DevicePersonalData } from "./encryption/device_personal_data.ts";
import type { EncryptionNotices } from "./encryption/notices.ts";
import { createMedia, type MediaServices } from "./media/create_media.ts";
import { imageMemoryBytes, processMemoryBytes } from "./media/images/memory.ts";
import { MediaPersonalData } from "./media/media_personal_data.ts";
import { uploadObserver } from "./media/upload_metrics.ts";
import { createMessages } from "./messages/create_messages.ts";
import { DayCounter } from "./moderation/day_counter.ts";
import { createModeration } from "./moderation/create_moderation.ts";
import {
  createNotifications,
  type NotificationServices,
} from "./notifications/create_notifications.ts";
import { NotificationPersonalData } from "./notifications/notification_personal_data.ts";
import { pushMetrics } from "./notifications/push/metrics.ts";
import { createOwnUsers } from "./own_users/create_own_users.ts";
import { createRealtime, type Realtime } from "./realtime/create_realtime.ts";
import { createUsers } from "./users/create_users.ts";
import { mayName } from "./users/blocks.ts";
import { createWebhooks } from "./webhooks/create_webhooks.ts";
import { WebhookSubscriptions } from "./webhooks/subscriptions.ts";

/** Name of the service in mails and authenticator apps. */
const PRODUCT = "RealTimeChat";

/** Everything that services are built from. */
export interface AppContext {
  config: Config;
  adapters: Adapters;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  /** Number of instances in this process, which share its memory. */
  instances: number;
  tracing: Tracing;
}

export type Services = ReturnType<typeof createServices>;

/** Creates the features: each builds itself, and receives the others through its options. */
export function createServices(context: AppContext) {
  const { adapters: { store, backplane }, config, clock, log } = context;
  const rules = createChatRules(store, clock);
  const realtime = createRealtime({
    ...context,
    ...rules,
    ...backplane,
    store,
    limits: config.limits,
  });
  const { publisher, typing } = realtime;
  const subscriptions = new WebhookSubscriptions(store, clock);
  const { writer, repair } = createChatWriter({
    ...context,
    store,
    publisher,
    limits: config.limits,
    webhooksOf: (commit) => subscriptions.planCommit(commit),
  });
  const dayCounter = new DayCounter(store, clock, log);
  const media = createMediaOf(context, rules, writer);
  const push = createPush(context, rules, realtime, dayCounter);
  writer.onCommit((commit) => context.tracing.span("publish", () => publisher.commit(commit)));
  writer.onCommit((commit) => typing.committed(commit));
  writer.onCommit((commit) => media.committed(commit));
  writer.onCommit((commit) => push.worker.committed(commit));
  writer.onCommit((commit) => dayCounter.committed(commit));
  const chats = createChatsOf(context, rules, realtime, { writer, media, push });
  const encryption = createEncryption({
    ...rules,
    ...config,
    store,
    writer,
    gate: chats.gate,
    limiter: backplane.limiter,
    send: (userIds, event) => publisher.toUsers(userIds, event),
    clock,
    log,
  });
  const box = createBox(config);
  const auth = createSignIn(context, realtime, {
    push,
    notices: encryption.notices,
    box,
    dayCounter,
  });
  const webhooks = createWebhooks({
    ...context,
    store,
    subscriptions,
    audit: auth.audit,
    box,
    limits: config.limits,
    allowedOrigins: config.webhookOrigins,
    messageHook: config.messageHook,
    announce: () => publisher.settings(),
    onAttempt: (outcome) =>
      dayCounter.count(outcome === "delivered" ? "webhooksDelivered" : "webhooksFailed"),
  });
  const messages = createMessages({
    ...rules,
    store,
    writer,
    direct: chats.direct,
    attachments: media.library,
    epochOfMessage,
    screen: webhooks.screen,
    clock,
    limits: config.limits,
  });
  writer.onCommit((commit) => webhooks.worker.committed(commit.webhooks ?? []));
  const abandoned = new AbandonedGroups(store, clock, log, () => media.sweeper.nudge());
  const users = createUsers({
    store,
    clock,
    log,
    auth,
    avatars: media.library,
    publisher,
    limits: config.limits,
    customFilters: config.customFilters,
    adminEmails: config.adminEmails,
    adminSecondFactor: config.adminSecondFactor,
    onProfileChanged: (user) => realtime.profileNews.changed(user),
    personalData: [
      // Before the chats, so that their members are notified that leaves must be removed.
      new DevicePersonalData(encryption.devices),
      new BackupPersonalData(store),
      new ChatPersonalData(store, writer, chats.groups, clock),
      abandoned,
      new ContactPersonalData(store),
      new MediaPersonalData(store, media.library),
      new NotificationPersonalData(store),
    ],
  });
  const ownUsers = createOwnUsers({
    store,
    auth,
    users,
    fetched: media.pictures,
    tokens: config.ownTokens && new OwnTokens({ ...config.ownTokens, clock }),
    tokenSessions: new OwnTokenSessions({ ...auth, store, clock }),
    clock,
    log,
    onProfileChanged: (user) => realtime.profileNews.changed(user),
  });
  const apiKeys = createApiKeys({ store, auth, own: ownUsers.authentication, clock, log });
  const { catchUp } = chats;
  const bots = createBots({
    store,
    auth,
    access: rules.access,
    writer,
    sender: messages.sender,
    publisher,
    limiter: context.adapters.backplane.limiter,
    rates: config.rates,
    clock,
    log,
  });
  const calls = new Calls({
    ...rules,
    config: config.calls,
    store,
    publisher,
    clock,
  });
  const moderation = createModeration({
    store,
    auth,
    users,
    writer,
    mayName: (callerId, userId) => mayName(store, callerId, userId),
    onShadowed: async () => {
      await rules.shadows.refresh();
      publisher.settings();
    },
    groups: chats.groups,
    clock,
    log,
    dayCounter,
  });
  return {
    ...realtime,
    shadows: rules.shadows,
    moderation,
    dayCounter,
    writer,
    repair,
    catchUp,
    bots,
    calls,
    chats,
    messages,
    encryption,
    media,
    push,
    auth,
    users,
    apiKeys,
    ownUsers,
    abandoned,
    webhooks,
  };
}

function createMediaOf(context: AppContext, { access }: ChatRules, writer: ChatWriter) {
  const { adapters: { store, blobs }, config, clock, log } = context;
  return createMedia({
    store,
    blobs,
    writer,
    chatAccess: access,
    clock,
    log,
    limits: config.limits,
    imageMemoryBytes: imageMemoryBytes(processMemoryBytes(config), context.instances),
    secret: config.encryptionKey,
    pictureOrigins: config.pictureOrigins,
    onUploaded: uploadObserver(context.metrics),
  });
}

function createPush(
  context: AppContext,
  { unread }: ChatRules,
  { publisher, hub }: Realtime,
  dayCounter: DayCounter,
): NotificationServices {
  const { adapters: { store, backplane, pushSender }, config, clock, log, metrics } = context;
  const figures = pushMetrics(metrics);
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
    figures: {
      ...figures,
      sent: (outcome, ageMs) => {
        figures.sent(outcome, ageMs);
        dayCounter.count(outcome === "delivered" ? "pushesSent" : "pushesFailed");
      },
    },
  });
}

interface Written {
  writer: ChatWriter;
  media: MediaServices;
  push: NotificationServices;
}

function createChatsOf(
  { adapters: { store, backplane }, config, clock, log }: AppContext,
  rules: ChatRules,
  { publisher, gatherer }: Realtime,
  { writer, media, push }: Written,
): Chats {
  return createChats({
    store,
    clock,
    log,
    limiter: backplane.limiter,
    rates: config.rates,
    rules,
    writer,
    publisher,
    gatherer,
    pictures: media.library,
    defaultAudiences: config.contact,
    systemMessages: config.systemMessages,
    customFilters: config.customFilters,
    mailConfigured: config.mail.smtpUrl !== null,
    limits: config.limits,
    onRequest: (request) => push.requests.notify(request),
    onRequestSettled: (request) => push.withdrawals.requestSettled(request),
    onRead: (userId, chatId, readSeq) => push.withdrawals.chatRead(userId, chatId, readSeq),
  });
}

/** Encrypts small secrets at rest. */
function createBox({ encryptionKey, formerEncryptionKeys }: Config): SecretBox {
  return secretBox([
    toBase64Url(encryptionKey),
    ...formerEncryptionKeys.map((key) => toBase64Url(key)),
  ]);
}

interface SignInParts {
  push: NotificationServices;
  notices: EncryptionNotices;
  box: SecretBox;
  dayCounter: DayCounter;
}

function createSignIn(
  context: AppContext,
  { publisher, profileNews }: Realtime,
  { push, notices, box, dayCounter }: SignInParts,
) {
  const { adapters, config, clock, log } = context;
  const audit = new AuditTrail(adapters.store, clock, (entry) => {
    if (entry.action === "account.registered") dayCounter.count("peopleNew");
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
    box,
    providers: adapters.providers,
    audit,
    onSessionsEnded: (ids) => publisher.endSessions(ids),
    onDevicesRemoved: (userId, devices) => notices.devices(userId, devices, "removed"),
    reservedNames: config.reservedNames ?? RESERVED_NAMES,
    localRegistration: config.localRegistration,
    maxSessions: config.limits.sessionsPerUser,
    sessionLifetimeMs: config.sessionLifetimeMs,
    proofWindowMs: config.reauthWindowMs,
    baseUrl: config.publicUrl ?? `http://localhost:${config.port}`,
    product: PRODUCT,
  });
}
