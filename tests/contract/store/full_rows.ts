import type { ApiKey } from "../../../src/model/api_key.ts";
import type { AuditEntry } from "../../../src/model/audit_entry.ts";
import type { Bot } from "../../../src/model/bot.ts";
import type { Block } from "../../../src/model/block.ts";
import type { Chat } from "../../../src/model/chat.ts";
import type { Device, StoredKeyPackage } from "../../../src/model/device.ts";
import type { Erasure } from "../../../src/model/erasure.ts";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../../../src/model/handshake.ts";
import type { HistoryBackup, HistoryBackupPart } from "../../../src/model/history_backup.ts";
import type { Identity } from "../../../src/model/identity.ts";
import type { Media } from "../../../src/model/media.ts";
import type { MediaAttachment } from "../../../src/model/media_attachment.ts";
import type { ContactRequest, ContactSettings } from "../../../src/model/contact.ts";
import type { Membership } from "../../../src/model/membership.ts";
import type { Message } from "../../../src/model/message.ts";
import type { Notification, NotificationSettings } from "../../../src/model/notification.ts";
import type { OneTimeToken } from "../../../src/model/one_time_token.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { PushDevice } from "../../../src/model/push_device.ts";
import type { Report } from "../../../src/model/report.ts";
import type { DayStatistics } from "../../../src/model/statistics.ts";
import type { Session } from "../../../src/model/session.ts";
import type { Setting } from "../../../src/model/setting.ts";
import type { User } from "../../../src/model/user.ts";
import type { WebhookDelivery, WebhookEndpoint } from "../../../src/model/webhook.ts";
import { T0 } from "./rows.ts";

/**
 * At least one row of every entity, without a null that could be a value and without empty lists:
 * together they have every field of the current model, at every depth. Rows of earlier releases are
 * compared with them (see releases_test.ts), so a new field is added here too.
 */
export interface FullRows {
  users: User[];
  identities: Identity[];
  sessions: Session[];
  apiKeys: ApiKey[];
  bots: Bot[];
  chats: Chat[];
  memberships: Membership[];
  messages: Message[];
  blocks: Block[];
  reports: Report[];
  oneTimeTokens: OneTimeToken[];
  audit: AuditEntry[];
  erasures: Erasure[];
  media: Media[];
  notifications: Notification[];
  notificationSettings: NotificationSettings[];
  contactSettings: ContactSettings[];
  contactRequests: ContactRequest[];
  pushDevices: PushDevice[];
  outbox: OutboxEntry[];
  settings: Setting[];
  statistics: DayStatistics[];
  webhooks: WebhookEndpoint[];
  webhookDeliveries: WebhookDelivery[];
  devices: Device[];
  keyPackages: StoredKeyPackage[];
  handshakes: Handshake[];
  groupInfos: StoredGroupInfo[];
  welcomes: StoredWelcome[];
  historyBackups: HistoryBackup[];
  historyBackupParts: HistoryBackupPart[];
}

/** Ids in the order of `n`, and the same in every run: fixtures contain them. */
function id(n: number): string {
  return `019b7c3e-26fe-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

const ANN = id(1), BEN = id(2), CHAT = id(3), MESSAGE = id(4), MEDIA = id(5), DEVICE = id(6);
const SECRET_CHAT = id(7), SESSION = id(8);

const PICTURE: MediaAttachment = {
  id: MEDIA,
  kind: "image",
  type: "image/png",
  name: "cat.png",
  size: 1_234,
  width: 40,
  height: 30,
  thumbHash: "3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
};

export function fullRows(): FullRows {
  return {
    ...accountRows(),
    ...contactRows(),
    ...chatRows(),
    ...mediaRows(),
    ...noticeRows(),
    ...webhookRows(),
    ...encryptionRows(),
  };
}

function aFullUser(userId: string, name: string): User {
  return {
    id: userId,
    username: name,
    usernameKey: name.toLowerCase(),
    email: `${name}@example.org`,
    emailKey: `${name.toLowerCase()}@example.org`,
    emailVerifiedAt: T0,
    passwordHash: "$2b$04$hash",
    displayName: `${name} Example`,
    bio: "Likes kites",
    avatarMediaId: MEDIA,
    custom: { team: "blue" },
    status: { state: "busy", text: "Flying" },
    lastSeenAt: T0,
    lastSeenHidden: true,
    role: "admin",
    suspension: { at: T0, until: T0 + 1, reason: "spam", byUserId: BEN },
    externalId: `own:${name}`,
    pictureUrl: "https://example.org/a.png",
    deactivatedAt: T0,
    tokensNotBefore: T0,
    shadowedAt: T0,
    totp: { sealedSecret: "sealed", enabledAt: T0, lastStep: 7 },
    recoveryCodes: ["hash of a code"],
    isBot: true,
    createdAt: T0,
    updatedAt: T0 + 1,
    deletedAt: null,
  };
}

function accountRows() {
  const users: User[] = [aFullUser(ANN, "Ann"), { ...aFullUser(BEN, "Ben"), deletedAt: T0 + 2 }];
  const identities: Identity[] = [{
    id: id(20),
    provider: "google",
    subject: "1234567890",
    userId: ANN,
    email: "ann@example.com",
    linkedAt: T0,
  }];
  const sessions: Session[] = [{
    id: SESSION,
    userId: ANN,
    refreshHash: "hash of a refresh token",
    previousHash: "hash of the one before",
    rotatedAt: T0 + 1,
    deviceName: "Ann's telephone",
    userAgent: "Test/1.0",
    address: "192.0.2.1",
    createdAt: T0,
    lastUsedAt: T0 + 1,
    authenticatedAt: T0 + 2,
    expiresAt: T0 + 3,
    endedAt: T0 + 4,
    endReason: "logout",
  }];
  const apiKeys: ApiKey[] = [{
    id: id(28),
    name: "Backend",
    scopes: ["users:write", "act_as"],
    secretHash: "hash of a secret",
    previousHash: "hash of the one before",
    previousUntil: T0 + 1,
    createdAt: T0,
    createdBy: ANN,
    expiresAt: T0 + 2,
    endedAt: T0 + 3,
    lastUsedAt: T0 + 1,
    lastAddress: "192.0.2.1",
  }];
  const oneTimeTokens: OneTimeToken[] = [{
    id: "hash of a token",
    purpose: "change_email",
    userId: ANN,
    data: { email: "ann@example.net" },
    attemptsLeft: 3,
    createdAt: T0,
    expiresAt: T0 + 1,
  }];
  const audit: AuditEntry[] = [{
    id: id(21),
    at: T0,
    action: "member.role_changed",
    actorId: ANN,
    keyId: id(28),
    userId: BEN,
    chatId: CHAT,
    door: "ws",
    address: "192.0.2.1",
    userAgent: "Test/1.0",
    details: { role: "admin" },
  }];
  const blocks: Block[] = [{ blockerId: ANN, blockedId: BEN, createdAt: T0 }];
  const reports: Report[] = [{
    id: id(22),
    reporterId: ANN,
    userId: BEN,
    messageId: MESSAGE,
    reason: "abuse",
    details: "It was rude",
    evidence: "A rude text",
    createdAt: T0,
    resolvedAt: T0 + 1,
    resolvedBy: ANN,
  }];
  const erasures: Erasure[] = [{ userId: BEN, requestedAt: T0 }];
  const bots: Bot[] = [{
    id: BEN,
    kind: "hook",
    chatId: CHAT,
    name: "Builds",
    secretHash: "hash of a secret",
    commands: [{ name: "weather", description: "Asks for the weather", usage: "<city>" }],
    createdBy: ANN,
    createdAt: T0,
    endedAt: T0 + 1,
  }];
  return {
    users,
    identities,
    sessions,
    apiKeys,
    bots,
    oneTimeTokens,
    audit,
    blocks,
    reports,
    erasures,
  };
}

function chatRows() {
  const group: Chat = {
    id: CHAT,
    kind: "group",
    directKey: null,
    name: "Kites",
    description: "All about kites",
    avatarMediaId: MEDIA,
    encrypted: false,
    rev: 3,
    detailsRev: 1,
    lastSeq: 3,
    lastActivityAt: T0 + 3,
    memberCount: 1,
    history: "joined",
    createdBy: ANN,
    createdAt: T0,
    updatedAt: T0 + 3,
    epoch: null,
    generation: 0,
    custom: { topic: "kites" },
    externalId: "channel-7",
    frozen: { at: T0 + 2, reason: "Quarrel", byUserId: ANN },
  };
  const direct: Chat = {
    ...group,
    id: SECRET_CHAT,
    kind: "direct",
    directKey: `${ANN}:${BEN}`,
    name: "",
    description: "",
    avatarMediaId: null,
    encrypted: true,
    rev: 2,
    lastSeq: 0,
    epoch: 1,
    generation: 0,
    externalId: null,
  };
  const ann: Membership = {
    chatId: CHAT,
    userId: ANN,
    role: "owner",
    rev: 1,
    joinedAt: T0,
    leftAt: null,
    readSeq: 2,
    deliveredSeq: 3,
    notify: "mentions",
    mutedUntil: T0 + 9,
    addedByStranger: true,
    hiddenSeq: 1,
    custom: { color: "red" },
  };
  const memberships: Membership[] = [ann, { ...ann, userId: BEN, role: "member", leftAt: T0 + 1 }];
  const message: Message = {
    id: MESSAGE,
    chatId: CHAT,
    seq: 2,
    rev: 2,
    senderId: ANN,
    clientId: "client-1",
    kind: "media",
    text: "A red kite",
    ciphertext: null,
    media: [PICTURE],
    replyTo: id(30),
    mentions: [BEN],
    reactions: [{ emoji: "👍", userIds: [ANN, BEN] }],
    createdAt: T0 + 2,
    editedAt: T0 + 3,
    deletedAt: null,
    pinnedAt: T0 + 4,
    custom: { order: 7 },
    metadata: { type: "chat.renamed", userIds: [BEN], by: ANN, name: "Kites" },
    shadow: true,
  };
  const messages: Message[] = [message, {
    ...message,
    id: id(31),
    seq: 3,
    rev: 3,
    clientId: "client-2",
    kind: "encrypted",
    text: "",
    ciphertext: "Y2lwaGVydGV4dA",
    deletedAt: T0 + 5,
  }];
  return { chats: [group, direct], memberships, messages };
}

function contactRows() {
  const contactSettings: ContactSettings[] = [
    { userId: ANN, addToGroups: "shared", write: "nobody" },
  ];
  const contactRequests: ContactRequest[] = [{
    id: id(80),
    kind: "group",
    userId: ANN,
    fromId: BEN,
    chatId: id(81),
    createdAt: T0,
    expiresAt: T0 + 1,
    declinedAt: T0,
  }];
  return { contactSettings, contactRequests };
}

function mediaRows() {
  const media: Media = {
    ...PICTURE,
    ownerId: ANN,
    blobId: MEDIA,
    status: "ready",
    encrypted: false,
    sha256: "00ff",
    thumbnailSize: 99,
    uses: 2,
    checkAt: T0 + 1,
    upload: { method: "put", key: "uploads/a", until: T0 + 2 },
    tus: { metadata: "filename YQ==", concat: "partial" },
    createdAt: T0,
  };
  const upload: Media = {
    ...media,
    id: id(40),
    status: "pending",
    upload: { method: "tus", key: "uploads/b", id: "handle" },
  };
  return { media: [media, upload] };
}

function noticeRows() {
  const notifications: Notification[] = [{
    id: id(50),
    userId: ANN,
    key: "mention:1",
    kind: "mention",
    chatId: CHAT,
    messageId: MESSAGE,
    actorId: BEN,
    data: { chatName: "Kites" },
    createdAt: T0,
    readAt: T0 + 1,
  }];
  const notificationSettings: NotificationSettings[] = [{
    userId: ANN,
    off: ["reaction"],
    quietHours: { start: 60, end: 120, timeZone: "Europe/Berlin" },
    hideContent: true,
  }];
  const device: PushDevice = {
    id: id(51),
    userId: ANN,
    sessionId: SESSION,
    key: "hash of an endpoint",
    address: { kind: "web", endpoint: "https://push.example/1", p256dh: "p", auth: "a" },
    name: "A telephone",
    createdAt: T0,
    updatedAt: T0 + 1,
  };
  const pushDevices: PushDevice[] = [
    device,
    { ...device, id: id(52), key: "hash of a token", address: { kind: "fcm", token: "t" } },
  ];
  const outbox: OutboxEntry[] = [{
    id: id(53),
    chatId: CHAT,
    occurrences: [
      {
        type: "message",
        messageId: MESSAGE,
        seq: 2,
        senderId: ANN,
        mentions: [BEN],
        replyTo: id(30),
      },
      { type: "reaction", messageId: MESSAGE, actorId: BEN, emoji: "👍" },
      { type: "added", userId: BEN, actorId: ANN },
      { type: "role", userId: BEN, actorId: ANN, role: "admin", rev: 3 },
      { type: "notification", notificationId: id(50), userId: ANN },
    ],
    deviceIds: [id(51)],
    attempts: 1,
    createdAt: T0,
    dueAt: T0 + 1,
  }];
  return { notifications, notificationSettings, pushDevices, outbox };
}

function webhookRows() {
  const settings: Setting[] = [
    { id: "filters", value: { words: ["kite"] }, updatedBy: ANN, updatedAt: T0 },
  ];
  const webhooks: WebhookEndpoint[] = [{
    id: id(70),
    url: "https://backend.example.org/hooks",
    description: "The shop",
    events: ["message.created", "user.updated"],
    batchSize: 10,
    secrets: [{ sealed: "sealed", expiresAt: null }, { sealed: "former", expiresAt: T0 + 5 }],
    status: "down",
    pauseReason: "backlog",
    failingSince: T0 + 1,
    createdBy: ANN,
    createdAt: T0,
    updatedAt: T0 + 2,
  }];
  const webhookDeliveries: WebhookDelivery[] = [{
    webhookId: id(70),
    deliveryId: id(71),
    lane: CHAT,
    position: 2,
    events: [{
      eventId: id(71),
      type: "message.created",
      id: MESSAGE,
      chatId: CHAT,
      rev: 2,
      at: T0,
    }],
    status: "pending",
    attempts: 1,
    createdAt: T0,
    dueAt: T0 + 9,
    answer: { at: T0 + 3, status: 500, body: "no", durationMs: 7, error: "TimeoutError" },
  }];
  const statistics: DayStatistics[] = [{
    day: "2026-01-02",
    peopleActive: 1,
    peopleNew: 2,
    messages: 3,
    files: 4,
    fileBytes: 5,
    chats: 6,
    pushesSent: 7,
    pushesFailed: 8,
    webhooksDelivered: 9,
    webhooksFailed: 10,
  }];
  return { settings, statistics, webhooks, webhookDeliveries };
}

function encryptionRows() {
  const devices: Device[] = [
    { id: DEVICE, userId: ANN, name: "Laptop", signatureKey: "c2lnbmF0dXJl", createdAt: T0 },
  ];
  const keyPackages: StoredKeyPackage[] = [{
    id: "a-reference",
    deviceId: DEVICE,
    keyPackage: "a2V5cGFja2FnZQ",
    isLastResort: true,
    expiresAt: T0 + 9,
    createdAt: T0,
  }];
  const handshakes: Handshake[] = [{
    chatId: SECRET_CHAT,
    rev: 2,
    generation: 0,
    epoch: 0,
    senderId: ANN,
    clientId: "commit-1",
    message: "Y29tbWl0",
    createdAt: T0,
  }];
  const groupInfos: StoredGroupInfo[] = [
    { chatId: SECRET_CHAT, generation: 0, epoch: 1, groupInfo: "Z3JvdXBpbmZv" },
  ];
  const welcomes: StoredWelcome[] = [{
    id: id(60),
    chatId: SECRET_CHAT,
    userId: ANN,
    deviceId: DEVICE,
    rev: 2,
    generation: 0,
    epoch: 1,
    message: "d2VsY29tZQ",
    createdAt: T0,
  }];
  return { devices, keyPackages, handshakes, groupInfos, welcomes, ...backupRows() };
}

function backupRows() {
  const backupId = id(61);
  const [createdAt, updatedAt] = [T0, T0 + 1];
  const keyCheck = "a2V5Y2hlY2s";
  const historyBackups: HistoryBackup[] = [
    { id: backupId, userId: ANN, keyCheck, parts: 1, createdAt, updatedAt },
  ];
  const historyBackupParts: HistoryBackupPart[] = [
    { backupId, name: `${DEVICE}-1`, data: "c2VhbGVk" },
  ];
  return { historyBackups, historyBackupParts };
}
