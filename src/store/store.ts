import type { AbandonedGroupStore } from "./abandoned_group_store.ts";
import type { StorageUsage } from "../model/media.ts";
import type { AccountStore } from "./account_store.ts";
import type { BotStore } from "./bot_store.ts";
import type { ApiKeyStore } from "./api_key_store.ts";
import type { ArrivalStore } from "./arrival_store.ts";
import type { AuditStore } from "./audit_store.ts";
import type { BlockStore } from "./block_store.ts";
import type { ChatStore } from "./chat_store.ts";
import type { ContactStore } from "./contact_store.ts";
import type { DeviceStore } from "./device_store.ts";
import type { ErasureStore } from "./erasure_store.ts";
import type { HandshakeStore } from "./handshake_store.ts";
import type { HistoryBackupStore } from "./history_backup_store.ts";
import type { IdentityStore } from "./identity_store.ts";
import type { LeaseStore } from "./lease_store.ts";
import type { MediaStore } from "./media_store.ts";
import type { KeyPackageStore } from "./key_package_store.ts";
import type { MembershipStore } from "./membership_store.ts";
import type { MessageStore } from "./message_store.ts";
import type { NotificationStore } from "./notification_store.ts";
import type { OneTimeTokenStore } from "./one_time_token_store.ts";
import type { OutboxStore } from "./outbox_store.ts";
import type { PushDeviceStore } from "./push_device_store.ts";
import type { ReportStore } from "./report_store.ts";
import type { RowPort } from "./row_port.ts";
import type { SessionStore } from "./session_store.ts";
import type { SettingStore } from "./setting_store.ts";
import type { StatisticStore } from "./statistic_store.ts";
import type { ShownPushStore } from "./shown_push_store.ts";
import type { UserStore } from "./user_store.ts";
import type { WebhookDeliveryStore, WebhookStore } from "./webhook_store.ts";

/**
 * All data that must survive a restart. One contract suite (tests/contract/store) checks both
 * adapters, SQLite and MongoDB, against what these interfaces say.
 *
 * A method whose promise has resolved has made its change durable. A store that cannot be reached
 * throws `AppError("unavailable")`.
 *
 * Strings may not contain U+0000: SQLite's driver would cut them there, so its adapter rejects them
 * with `AppError("invalid_request")`. Schemas should reject them before.
 */
export interface Store {
  readonly abandonedGroups: AbandonedGroupStore;
  readonly users: UserStore;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly arrivals: ArrivalStore;
  readonly apiKeys: ApiKeyStore;
  readonly bots: BotStore;
  readonly chats: ChatStore;
  readonly memberships: MembershipStore;
  readonly messages: MessageStore;
  readonly blocks: BlockStore;
  readonly contacts: ContactStore;
  readonly reports: ReportStore;
  readonly identities: IdentityStore;
  readonly oneTimeTokens: OneTimeTokenStore;
  readonly audit: AuditStore;
  readonly erasures: ErasureStore;
  readonly media: MediaStore;
  readonly leases: LeaseStore;
  readonly notifications: NotificationStore;
  readonly pushDevices: PushDeviceStore;
  readonly shownPushes: ShownPushStore;
  readonly outbox: OutboxStore;
  readonly settings: SettingStore;
  readonly statistics: StatisticStore;
  readonly webhooks: WebhookStore;
  readonly webhookDeliveries: WebhookDeliveryStore;
  readonly devices: DeviceStore;
  readonly keyPackages: KeyPackageStore;
  readonly handshakes: HandshakeStore;
  readonly historyBackups: HistoryBackupStore;
  /** All rows, for moving them to another store. */
  readonly rows: RowPort;
  /**
   * Names this history of the data. It stays as long as the data does, over restarts and releases;
   * a restored backup has another name, so that its revisions are never mistaken for those of the
   * history before.
   */
  incarnation(): Promise<string>;
  /** Resolves if the store can read and write now; throws `AppError("unavailable")` otherwise. */
  ping(): Promise<void>;
  /** Waits for pending calls; safe to call twice. */
  close(): Promise<void>;
}

/**
 * A unique key is taken. Nothing was written. Services turn it into an error that fits the field.
 */
export class DuplicateKey extends Error {
  override readonly name = "DuplicateKey";

  constructor(readonly key: DuplicateKeyName, options?: ErrorOptions) {
    super(`Cannot write the row: its ${key} is taken`, options);
  }
}

/** An upload that a change wants to attach is not `ready` any more. Nothing was written. */
export class MediaGone extends Error {
  override readonly name = "MediaGone";

  constructor(readonly mediaId: string) {
    super(`Cannot attach the upload ${mediaId}: it is no longer ready`);
  }
}

/** These people would be members of more chats than a person may. Nothing was written. */
export class TooManyChats extends Error {
  override readonly name = "TooManyChats";

  constructor(readonly userIds: string[]) {
    super(`Cannot add members: these are in the maximum number of chats: ${userIds.join(", ")}`);
  }
}

/** A write would make the usage of the upload's owner exceed a quota. Nothing was written. */
export class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";

  /** `usage` is the usage that the write would have led to. */
  constructor(readonly usage: StorageUsage, readonly quota: StorageUsage) {
    super(
      `Cannot store the upload: the owner's uploads would have ${usage.bytes} bytes, ${quota.bytes} are allowed`,
    );
  }
}

/** Throws `QuotaExceeded` if a write has added something and led to more than is allowed. */
export function checkQuota(added: StorageUsage, usage: StorageUsage, quota?: StorageUsage): void {
  if (quota === undefined) return;
  const isOver = (kind: keyof StorageUsage) => added[kind] > 0 && usage[kind] > quota[kind];
  if (isOver("bytes") || isOver("openUploads")) throw new QuotaExceeded(usage, quota);
}

export type DuplicateKeyName =
  | "username"
  | "email"
  | "externalId"
  | "directKey"
  | "clientId"
  | "identity"
  | "provider"
  | "id";
