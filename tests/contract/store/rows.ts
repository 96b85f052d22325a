import { newId } from "../../../src/core/ids.ts";
import type { ApiKey } from "../../../src/model/api_key.ts";
import type { AuditEntry } from "../../../src/model/audit_entry.ts";
import type { Block } from "../../../src/model/block.ts";
import { type Chat, directKeysOf } from "../../../src/model/chat.ts";
import type { Identity } from "../../../src/model/identity.ts";
import type { Media } from "../../../src/model/media.ts";
import type { Membership } from "../../../src/model/membership.ts";
import type { Message } from "../../../src/model/message.ts";
import type { Notification } from "../../../src/model/notification.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { PushDevice } from "../../../src/model/push_device.ts";
import type { Report } from "../../../src/model/report.ts";
import type { Session } from "../../../src/model/session.ts";
import type { User } from "../../../src/model/user.ts";
import type { ChatChange } from "../../../src/store/chat_store.ts";
import type { Store } from "../../../src/store/store.ts";

/** Rows to store. Each is complete and distinct; a test names only the fields it is about. */
export const T0 = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

let count = 0;

export function aUser(fields: Partial<User> = {}): User {
  const username = fields.username ?? `user${++count}`;
  const email = fields.email ?? `${username}@example.org`;
  return {
    id: newId(),
    username,
    usernameKey: username.toLowerCase(),
    email,
    emailKey: email.toLowerCase(),
    emailVerifiedAt: null,
    passwordHash: null,
    displayName: "",
    bio: "",
    avatarMediaId: null,
    custom: null,
    status: { state: "online", text: "" },
    lastSeenAt: null,
    lastSeenHidden: false,
    role: "user",
    suspension: null,
    externalId: null,
    pictureUrl: null,
    deactivatedAt: null,
    tokensNotBefore: null,
    shadowedAt: null,
    totp: null,
    recoveryCodes: [],
    isBot: false,
    createdAt: T0,
    updatedAt: T0,
    deletedAt: null,
    ...fields,
  };
}

export function aSession(fields: Partial<Session> = {}): Session {
  return {
    id: newId(),
    userId: newId(),
    refreshHash: `hash${++count}`,
    previousHash: null,
    rotatedAt: null,
    deviceName: "Ann's telephone",
    userAgent: "Test/1.0",
    address: "192.0.2.1",
    createdAt: T0,
    lastUsedAt: T0,
    authenticatedAt: T0,
    expiresAt: T0 + 1_000,
    endedAt: null,
    endReason: null,
    ...fields,
  };
}

export function anApiKey(fields: Partial<ApiKey> = {}): ApiKey {
  return {
    id: newId(),
    name: "Backend",
    scopes: ["users:write", "act_as"],
    secretHash: `hash${++count}`,
    previousHash: null,
    previousUntil: null,
    createdAt: T0,
    createdBy: null,
    expiresAt: null,
    endedAt: null,
    lastUsedAt: null,
    lastAddress: "",
    ...fields,
  };
}

export function aChat(fields: Partial<Chat> = {}): Chat {
  return {
    id: newId(),
    kind: "group",
    directKey: null,
    name: "A group",
    description: "",
    avatarMediaId: null,
    encrypted: false,
    rev: 1,
    detailsRev: 1,
    lastSeq: 0,
    lastActivityAt: T0,
    memberCount: 1,
    history: "all",
    createdBy: newId(),
    createdAt: T0,
    updatedAt: T0,
    epoch: null,
    generation: 0,
    custom: null,
    externalId: null,
    frozen: null,
    ...fields,
  };
}

export function aDirectChat(a: string, b: string, fields: Partial<Chat> = {}): Chat {
  return aChat({
    kind: "direct",
    directKey: directKeysOf(a, b, false)[0],
    name: "",
    memberCount: 2,
    ...fields,
  });
}

export function aMember(chatId: string, fields: Partial<Membership> = {}): Membership {
  return {
    chatId,
    userId: newId(),
    role: "member",
    rev: 1,
    joinedAt: T0,
    leftAt: null,
    readSeq: 0,
    deliveredSeq: 0,
    notify: "all",
    mutedUntil: null,
    addedByStranger: false,
    hiddenSeq: 0,
    custom: null,
    ...fields,
  };
}

/** `seq` is the revision that creates it, and `rev` equals it unless it is given. */
export function aMessage(chatId: string, seq: number, fields: Partial<Message> = {}): Message {
  return {
    id: newId(),
    chatId,
    seq,
    rev: seq,
    senderId: newId(),
    clientId: `client${++count}`,
    kind: "text",
    text: `message ${seq}`,
    ciphertext: null,
    media: [],
    replyTo: null,
    mentions: [],
    reactions: [],
    createdAt: T0 + seq,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    shadow: false,
    custom: null,
    metadata: null,
    ...fields,
  };
}

export function anAuditEntry(fields: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: newId(),
    at: T0,
    action: "password.changed",
    actorId: newId(),
    keyId: null,
    userId: newId(),
    chatId: null,
    door: "rest",
    address: "192.0.2.1",
    userAgent: "Test/1.0",
    details: {},
    ...fields,
  };
}

export function anIdentity(fields: Partial<Identity> = {}): Identity {
  return {
    id: newId(),
    provider: "google",
    subject: `subject${++count}`,
    userId: newId(),
    email: "ann@example.org",
    linkedAt: T0,
    ...fields,
  };
}

export function aBlock(fields: Partial<Block> = {}): Block {
  return { blockerId: newId(), blockedId: newId(), createdAt: T0, ...fields };
}

export function aReport(fields: Partial<Report> = {}): Report {
  return {
    id: newId(),
    reporterId: newId(),
    userId: newId(),
    messageId: null,
    reason: "spam",
    details: "",
    evidence: null,
    createdAt: T0,
    resolvedAt: null,
    resolvedBy: null,
    ...fields,
  };
}

export function aMedia(fields: Partial<Media> = {}): Media {
  const id = fields.id ?? newId();
  return {
    id,
    ownerId: newId(),
    blobId: id,
    status: "ready",
    kind: "image",
    type: "image/png",
    name: "cat.png",
    size: 1234,
    width: 40,
    height: 30,
    thumbHash: "3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
    encrypted: false,
    sha256: "00ff",
    thumbnailSize: 99,
    uses: 0,
    checkAt: T0,
    upload: null,
    tus: null,
    createdAt: T0,
    ...fields,
  };
}

export function aNotification(fields: Partial<Notification> = {}): Notification {
  return {
    id: newId(),
    userId: newId(),
    key: `key${++count}`,
    kind: "mention",
    chatId: newId(),
    messageId: newId(),
    actorId: newId(),
    data: {},
    createdAt: T0,
    readAt: null,
    ...fields,
  };
}

export function aPushDevice(fields: Partial<PushDevice> = {}): PushDevice {
  return {
    id: newId(),
    userId: newId(),
    sessionId: newId(),
    key: `key${++count}`,
    address: { kind: "fcm", token: `token${count}` },
    name: "A telephone",
    createdAt: T0,
    updatedAt: T0,
    ...fields,
  };
}

export function anOutboxEntry(fields: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    id: newId(),
    chatId: newId(),
    occurrences: [{ type: "added", userId: newId(), actorId: newId() }],
    deviceIds: null,
    attempts: 0,
    createdAt: T0,
    dueAt: T0,
    ...fields,
  };
}

/** A change set that touches nothing but the given rows. */
export function aChange(
  expectedRev: number,
  chat: Chat,
  fields: Partial<ChatChange> = {},
): ChatChange {
  return { expectedRev, chat, inserted: [], updated: [], members: [], ...fields };
}

/** Creates a chat with one revision for each given row, and returns it as stored. */
export async function storedChat(
  store: Store,
  content: { chat?: Partial<Chat>; messages?: Partial<Message>[]; members?: Partial<Membership>[] },
): Promise<{ chat: Chat; messages: Message[]; members: Membership[] }> {
  const made = aChat(content.chat);
  let rev = 1;
  const members = (content.members ?? []).map((fields) => aMember(made.id, fields));
  const messages = (content.messages ?? []).map((fields) => aMessage(made.id, ++rev, fields));
  const chat = {
    ...made,
    rev,
    lastSeq: messages.length === 0 ? 0 : rev,
    memberCount: members.filter((member) => member.leftAt === null).length,
  };
  await store.chats.commit(aChange(0, chat, { inserted: messages, members }));
  return { chat, messages, members };
}

/** Given `fields` override those that a send sets. */
export async function sendTo(
  store: Store,
  chat: Chat,
  texts: string[],
  fields: Partial<Message> = {},
): Promise<{ chat: Chat; messages: Message[] }> {
  const messages = texts.map((text, i) => aMessage(chat.id, chat.rev + 1 + i, { text, ...fields }));
  const rev = chat.rev + texts.length;
  const next = { ...chat, rev, lastSeq: rev };
  await store.chats.commit(aChange(chat.rev, next, { inserted: messages }));
  return { chat: next, messages };
}
