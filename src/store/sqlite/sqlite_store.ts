import type { Log } from "../../core/log.ts";
import type { User } from "../../model/user.ts";
import type { Store } from "../store.ts";
import { WriteProbe } from "../write_probe.ts";
import { SqliteAbandonedGroupStore } from "./abandoned_groups.ts";
import { SqliteAccountStore } from "./accounts.ts";
import { SqliteBotStore } from "./bots.ts";
import { SqliteApiKeyStore } from "./api_keys.ts";
import { SqliteArrivalStore } from "./arrivals.ts";
import { SqliteAuditStore } from "./audit.ts";
import { SqliteBlockStore } from "./blocks.ts";
import { SqliteChatStore } from "./chats.ts";
import { SqliteContactStore } from "./contacts.ts";
import { Database } from "./database.ts";
import { SqliteDeviceStore } from "./devices.ts";
import { SqliteErasureStore } from "./erasures.ts";
import { SqliteHandshakeStore } from "./handshakes.ts";
import { SqliteHistoryBackupStore } from "./history_backups.ts";
import { SqliteIdentityStore } from "./identities.ts";
import { SqliteKeyPackageStore } from "./key_packages.ts";
import { IndexBacklog } from "./index_backlog.ts";
import { IndexPurge } from "./index_purge.ts";
import { SqliteLeaseStore } from "./leases.ts";
import { PROBE } from "./log_restart.ts";
import { LogTruncation } from "./log_truncation.ts";
import { SqliteMediaStore } from "./media.ts";
import { SqliteMembershipStore } from "./memberships.ts";
import { MessageIndex } from "./message_index.ts";
import { SqliteMessageSearch } from "./message_search.ts";
import { MessageWriter } from "./message_writer.ts";
import { SqliteMessageStore } from "./messages.ts";
import { SqliteNotificationStore } from "./notifications.ts";
import { SqliteOneTimeTokenStore } from "./one_time_tokens.ts";
import { SqliteOutboxStore } from "./outbox.ts";
import { SqlitePushDeviceStore } from "./push_devices.ts";
import { SqliteReportStore } from "./reports.ts";
import { SqliteRowPort } from "./row_port.ts";
import { SqliteSessionStore } from "./sessions.ts";
import { SqliteSettingStore } from "./settings.ts";
import { SqliteShownPushStore } from "./shown_pushes.ts";
import { SqliteStatisticStore } from "./statistics.ts";
import { SqliteUserStore } from "./users.ts";
import { SqliteWebhookDeliveryStore } from "./webhook_deliveries.ts";
import { SqliteWebhookStore } from "./webhooks.ts";

export interface SqliteStoreOptions {
  /** Receives what an operator has to do for the file. */
  log?: Log;
  /** Milliseconds from a deletion until the search index is purged of its words. */
  purgeMs?: number;
  /** Milliseconds between two truncations of the write-ahead log. */
  truncateMs?: number;
  /** Milliseconds for which a successful write shows that the disk is not full. */
  probeMs?: number;
}

/**
 * The Store in one file, for one host: other processes may open the same file, other hosts may not
 * (SQLite's WAL needs shared memory). The file is created if it is missing; its folder must exist.
 */
export class SqliteStore implements Store {
  readonly #db: Database;
  readonly #backlog: IndexBacklog;
  readonly #purge: IndexPurge;
  readonly #truncation: LogTruncation;
  readonly #probe: WriteProbe;
  #closing: Promise<void> | undefined;
  readonly abandonedGroups: SqliteAbandonedGroupStore;
  readonly rows: SqliteRowPort;
  readonly users: SqliteUserStore;
  readonly accounts: SqliteAccountStore;
  readonly sessions: SqliteSessionStore;
  readonly arrivals: SqliteArrivalStore;
  readonly apiKeys: SqliteApiKeyStore;
  readonly bots: SqliteBotStore;
  readonly chats: SqliteChatStore;
  readonly memberships: SqliteMembershipStore;
  readonly messages: SqliteMessageStore;
  readonly blocks: SqliteBlockStore;
  readonly contacts: SqliteContactStore;
  readonly reports: SqliteReportStore;
  readonly identities: SqliteIdentityStore;
  readonly oneTimeTokens: SqliteOneTimeTokenStore;
  readonly audit: SqliteAuditStore;
  readonly erasures: SqliteErasureStore;
  readonly media: SqliteMediaStore;
  readonly leases: SqliteLeaseStore;
  readonly notifications: SqliteNotificationStore;
  readonly pushDevices: SqlitePushDeviceStore;
  readonly shownPushes: SqliteShownPushStore;
  readonly outbox: SqliteOutboxStore;
  readonly settings: SqliteSettingStore;
  readonly statistics: SqliteStatisticStore;
  readonly webhooks: SqliteWebhookStore;
  readonly webhookDeliveries: SqliteWebhookDeliveryStore;
  readonly devices: SqliteDeviceStore;
  readonly keyPackages: SqliteKeyPackageStore;
  readonly handshakes: SqliteHandshakeStore;
  readonly historyBackups: SqliteHistoryBackupStore;

  constructor(path: string, options: SqliteStoreOptions = {}) {
    const db = new Database(path, options.log);
    const index = new MessageIndex(db);
    const backlog = new IndexBacklog(db, index);
    this.#db = db;
    this.#backlog = backlog;
    this.#purge = new IndexPurge(db, options.purgeMs);
    this.#truncation = new LogTruncation(db, options.truncateMs);
    this.#probe = new WriteProbe(() => db.write(() => db.run(PROBE)), options.probeMs);
    this.audit = new SqliteAuditStore(db);
    this.settings = new SqliteSettingStore(db);
    this.statistics = new SqliteStatisticStore(db);
    this.webhooks = new SqliteWebhookStore(db);
    this.webhookDeliveries = new SqliteWebhookDeliveryStore(db);
    const deliveries = this.webhookDeliveries;
    this.identities = new SqliteIdentityStore(db);
    this.bots = new SqliteBotStore(db);
    this.users = new SqliteUserStore({
      db,
      identities: this.identities,
      audit: this.audit,
      bots: this.bots,
      deliveries,
    });
    this.sessions = new SqliteSessionStore(db);
    this.apiKeys = new SqliteApiKeyStore(db);
    this.memberships = new SqliteMembershipStore(db);
    this.handshakes = new SqliteHandshakeStore(db);
    this.media = new SqliteMediaStore(db, deliveries);
    this.outbox = new SqliteOutboxStore(db);
    const writer = new MessageWriter(db, index, backlog, this.#purge);
    const indexUser = (user: User) => this.users.index(user);
    this.rows = new SqliteRowPort({ db, messages: writer, indexUser });
    this.abandonedGroups = new SqliteAbandonedGroupStore(db, writer, this.media);
    this.chats = new SqliteChatStore({
      db,
      memberships: this.memberships,
      messages: writer,
      audit: this.audit,
      handshakes: this.handshakes,
      media: this.media,
      outbox: this.outbox,
      deliveries,
    });
    this.messages = new SqliteMessageStore(
      db,
      new SqliteMessageSearch(db, index, backlog),
      backlog,
    );
    this.contacts = new SqliteContactStore(db);
    this.blocks = new SqliteBlockStore(db);
    this.reports = new SqliteReportStore(db, deliveries);
    this.oneTimeTokens = new SqliteOneTimeTokenStore(db);
    this.erasures = new SqliteErasureStore(db);
    this.leases = new SqliteLeaseStore(db);
    this.notifications = new SqliteNotificationStore(db);
    this.shownPushes = new SqliteShownPushStore(db);
    this.pushDevices = new SqlitePushDeviceStore(db);
    this.devices = new SqliteDeviceStore(db);
    this.keyPackages = new SqliteKeyPackageStore(db);
    this.historyBackups = new SqliteHistoryBackupStore(db);
    this.accounts = new SqliteAccountStore(db, this);
    this.arrivals = new SqliteArrivalStore({
      db,
      incarnation: () => this.#incarnation(),
      users: this.users,
      sessions: this.sessions,
      blocks: this.blocks,
      memberships: this.memberships,
    });
  }

  incarnation(): Promise<string> {
    return this.#db.read(() => this.#incarnation());
  }

  #incarnation(): string {
    return String(this.#db.get("SELECT value FROM meta WHERE key = 'incarnation'")!.value);
  }

  async ping(): Promise<void> {
    await this.#db.read(() => this.#db.get("SELECT 1"));
    await this.#probe.check();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#backlog.close();
    this.#truncation.close();
    await this.#purge.close();
    await this.#db.close();
  }
}
