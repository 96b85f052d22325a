import { BatchLoader } from "../../core/batch_loader.ts";
import type { Log } from "../../core/log.ts";
import { ComposedArrivals } from "../composed_arrivals.ts";
import type { Store } from "../store.ts";
import { WriteProbe } from "../write_probe.ts";
import { MongoAbandonedGroupStore } from "./abandoned_groups.ts";
import { MongoAccountStore } from "./accounts.ts";
import { BOTS, MongoBotStore } from "./bots.ts";
import { API_KEYS, MongoApiKeyStore } from "./api_keys.ts";
import { AUDIT, MongoAuditStore } from "./audit.ts";
import { BLOCKS, MongoBlockStore } from "./blocks.ts";
import { LIST_GUARDS } from "./bounded_lists.ts";
import { CallGate } from "./call_gate.ts";
import { CHAT_COUNTS } from "./chat_counts.ts";
import { CHATS } from "./chat_collection.ts";
import { MongoChatStore } from "./chats.ts";
import { connect, type ConnectionOptions, type MongoConnection } from "./connection.ts";
import { CONTACT_REQUESTS, CONTACT_SETTINGS, MongoContactStore } from "./contacts.ts";
import { translated } from "./errors.ts";
import { DEVICES, MongoDeviceStore } from "./devices.ts";
import { ERASURES, MongoErasureStore } from "./erasures.ts";
import { GROUP_INFOS, HANDSHAKES, WELCOME_MESSAGES, WELCOMES } from "./handshake_collections.ts";
import { MongoHandshakeStore } from "./handshakes.ts";
import {
  HISTORY_BACKUP_PARTS,
  HISTORY_BACKUPS,
  MongoHistoryBackupStore,
} from "./history_backups.ts";
import { IDENTITIES, MongoIdentityStore } from "./identities.ts";
import { createCollections, createIndexes, dropRetiredIndexes } from "./indexes.ts";
import { KEY_PACKAGES, MongoKeyPackageStore } from "./key_packages.ts";
import { LEASES, MongoLeaseStore } from "./leases.ts";
import { MEDIA, MongoMediaStore } from "./media.ts";
import { MEMBERSHIPS, MongoMembershipStore } from "./memberships.ts";
import { MESSAGES } from "./message_collection.ts";
import { MongoMessageStore } from "./messages.ts";
import { incarnationOf, probeWrite } from "./meta.ts";
import { migrate } from "./migrations.ts";
import { MongoNotificationStore, NOTIFICATION_SETTINGS, NOTIFICATIONS } from "./notifications.ts";
import { Outage } from "./outage.ts";
import { MongoOutboxStore, OUTBOX } from "./outbox.ts";
import { MongoPushDeviceStore, PUSH_DEVICES } from "./push_devices.ts";
import { MongoOneTimeTokenStore, ONE_TIME_TOKENS } from "./one_time_tokens.ts";
import { MongoReportStore, REPORTS } from "./reports.ts";
import { SESSIONS } from "./session_collection.ts";
import { MongoRowPort } from "./row_port.ts";
import { MongoSessionStore } from "./sessions.ts";
import { MongoSettingStore, SETTINGS } from "./settings.ts";
import { MongoShownPushStore, SHOWN_PUSHES } from "./shown_pushes.ts";
import { USER_KEYS } from "./user_keys.ts";
import { STORAGE_USAGE } from "./storage_usage.ts";
import { ACTIVE_PEOPLE, MongoStatisticStore, STATISTICS } from "./statistics.ts";
import { MongoUserStore, USERS } from "./users.ts";
import { MongoWebhookDeliveryStore, WEBHOOK_DELIVERIES } from "./webhook_deliveries.ts";
import { MongoWebhookStore, WEBHOOKS } from "./webhooks.ts";

/** A new entity is a new file, and a line in each of the two lists below. */
const COLLECTIONS = [
  USERS,
  USER_KEYS,
  SESSIONS,
  API_KEYS,
  BOTS,
  CHATS,
  MEMBERSHIPS,
  MESSAGES,
  BLOCKS,
  CONTACT_SETTINGS,
  CONTACT_REQUESTS,
  CHAT_COUNTS,
  REPORTS,
  IDENTITIES,
  ONE_TIME_TOKENS,
  AUDIT,
  ERASURES,
  MEDIA,
  STORAGE_USAGE,
  LEASES,
  NOTIFICATIONS,
  NOTIFICATION_SETTINGS,
  PUSH_DEVICES,
  SHOWN_PUSHES,
  OUTBOX,
  SETTINGS,
  STATISTICS,
  ACTIVE_PEOPLE,
  WEBHOOKS,
  WEBHOOK_DELIVERIES,
  DEVICES,
  KEY_PACKAGES,
  HANDSHAKES,
  GROUP_INFOS,
  WELCOMES,
  WELCOME_MESSAGES,
  HISTORY_BACKUPS,
  HISTORY_BACKUP_PARTS,
  LIST_GUARDS,
];

function entitiesOf(
  mongo: MongoConnection,
): Omit<Store, "arrivals" | "incarnation" | "ping" | "close"> {
  const audit = new MongoAuditStore(mongo);
  const identities = new MongoIdentityStore(mongo);
  const bots = new MongoBotStore(mongo);
  const pushDevices = new MongoPushDeviceStore(mongo);
  const media = new MongoMediaStore(mongo);
  const outbox = new MongoOutboxStore(mongo);
  const account = {
    users: new MongoUserStore(mongo, identities, audit, bots),
    sessions: new MongoSessionStore(mongo, pushDevices),
    identities,
    oneTimeTokens: new MongoOneTimeTokenStore(mongo),
    devices: new MongoDeviceStore(mongo),
    pushDevices,
    audit,
  };
  return {
    ...account,
    apiKeys: new MongoApiKeyStore(mongo),
    bots,
    accounts: new MongoAccountStore(mongo, account),
    chats: new MongoChatStore(mongo, outbox),
    memberships: new MongoMembershipStore(mongo),
    messages: new MongoMessageStore(mongo),
    blocks: new MongoBlockStore(mongo),
    contacts: new MongoContactStore(mongo),
    reports: new MongoReportStore(mongo),
    erasures: new MongoErasureStore(mongo),
    media,
    rows: new MongoRowPort(mongo.db),
    abandonedGroups: new MongoAbandonedGroupStore(mongo, media),
    leases: new MongoLeaseStore(mongo),
    notifications: new MongoNotificationStore(mongo),
    shownPushes: new MongoShownPushStore(mongo),
    outbox,
    settings: new MongoSettingStore(mongo),
    statistics: new MongoStatisticStore(mongo),
    webhooks: new MongoWebhookStore(mongo),
    webhookDeliveries: new MongoWebhookDeliveryStore(mongo),
    keyPackages: new MongoKeyPackageStore(mongo),
    handshakes: new MongoHandshakeStore(mongo),
    historyBackups: new MongoHistoryBackupStore(mongo),
  };
}

export interface MongoStoreOptions extends ConnectionOptions {
  /**
   * URI of a replica set; its path is the name of the database, `realtimechat` if there is none.
   */
  uri: string;
  /** Says that documents of an earlier release are migrated, or awaited. */
  log?: Log;
}

/**
 * Connects, creates missing collections and indexes, and migrates documents of earlier releases.
 * Throws an Error that says how to fix it when the URI is malformed, the server is not a replica
 * set, or a later release has written documents that this one would misread, and
 * `AppError("unavailable")` when no server responds within 5 seconds (`serverSelectionTimeoutMS` in
 * the URI changes that) or it refuses the credentials.
 */
export async function openMongoStore({ uri, log, ...options }: MongoStoreOptions): Promise<Store> {
  const mongo = await connect(uri, options);
  try {
    await mongo.clock.offset();
    await createCollections(mongo.db, COLLECTIONS);
    const isLatest = await migrate(mongo.db, undefined, { log });
    await createIndexes(mongo.db, COLLECTIONS);
    if (isLatest) await dropRetiredIndexes(mongo.db, COLLECTIONS);
  } catch (error) {
    await mongo.close();
    throw translated(error);
  }
  return storeOf(mongo);
}

function storeOf(mongo: MongoConnection): Store {
  const outage = new Outage(() => mongo.ping());
  const gate = new CallGate(outage);
  const probe = new WriteProbe(() => probeWrite(mongo.db));
  const guarded = Object.entries(entitiesOf(mongo)).map(([name, entity]) => [
    name,
    gate.guard(entity),
  ]);
  const incarnation = new BatchLoader<string>({
    maxKeys: 1,
    missing: () => "",
    read: async ([key]) => new Map([[key, await incarnationOf(mongo.db)]]),
  });
  let closing: Promise<void> | undefined;
  const parts = {
    ...Object.fromEntries(guarded) as ReturnType<typeof entitiesOf>,
    incarnation: () => gate.run(() => incarnation.load("incarnation")),
  };
  return {
    ...parts,
    arrivals: new ComposedArrivals(parts),
    ping: () =>
      gate.run(async () => {
        await mongo.ping();
        await probe.check();
      }),
    close() {
      outage.close();
      return closing ??= gate.close().then(() => mongo.close());
    },
  };
}
