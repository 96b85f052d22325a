import type { AppContext } from "./app_context.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { createAuth } from "./auth/create_auth.ts";
import { RESERVED_NAMES } from "./auth/reserved_names.ts";
import { type SecretBox, secretBox } from "./auth/secret_box.ts";
import { Tokens } from "./auth/tokens.ts";
import type { ChatWriter } from "./chats/chat_writer.ts";
import { type ChatRules, type Chats, createChats } from "./chats/create_chats.ts";
import { type Config, sealingKeys } from "./config.ts";
import { toBase64Url } from "./core/base64url.ts";
import type { EncryptionNotices } from "./encryption/notices.ts";
import { createMedia, type MediaServices } from "./media/create_media.ts";
import { imageMemoryBytes, processMemoryBytes } from "./media/images/memory.ts";
import { uploadObserver } from "./media/upload_metrics.ts";
import type { DayCounter } from "./moderation/day_counter.ts";
import {
  createNotifications,
  type NotificationServices,
} from "./notifications/create_notifications.ts";
import { pushMetrics } from "./notifications/push/metrics.ts";
import type { Realtime } from "./realtime/create_realtime.ts";

/** Name of the service in mails and authenticator apps. */
const PRODUCT = "RealTimeChat";

export function createMediaOf(context: AppContext, { access }: ChatRules, writer: ChatWriter) {
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
    secrets: sealingKeys(config),
    pictureOrigins: config.pictureOrigins,
    onUploaded: uploadObserver(context.metrics),
  });
}

export function createPush(
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
    limiter: backplane.limiter,
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

export function createChatsOf(
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
export function createBox(config: Config): SecretBox {
  const [current, ...former] = sealingKeys(config).map((key) => toBase64Url(key));
  return secretBox([current, ...former]);
}

interface SignInParts {
  push: NotificationServices;
  notices: EncryptionNotices;
  box: SecretBox;
  dayCounter: DayCounter;
}

export function createSignIn(
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
    onDevicesRemoved: async (userId, devices) => {
      await notices.devices(userId, devices, "removed");
    },
    reservedNames: config.reservedNames ?? RESERVED_NAMES,
    localRegistration: config.localRegistration,
    maxSessions: config.limits.sessionsPerUser,
    sessionLifetimeMs: config.sessionLifetimeMs,
    proofWindowMs: config.reauthWindowMs,
    baseUrl: config.publicUrl ?? `http://localhost:${config.port}`,
    product: PRODUCT,
  });
}
