import type { SchemaStep } from "./step.ts";

/** Uploads and the rows that refer to them, leases, notifications, and the outbox. */
export const step: SchemaStep = `
CREATE TABLE media (
  id TEXT PRIMARY KEY,
  ownerId TEXT NOT NULL,
  status TEXT NOT NULL,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  width INTEGER,
  height INTEGER,
  thumbHash TEXT,
  encrypted INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  thumbnailSize INTEGER,
  uses INTEGER NOT NULL,
  checkAt INTEGER,
  upload TEXT,
  createdAt INTEGER NOT NULL
) STRICT;
CREATE INDEX media_of_owner ON media (ownerId, id);
CREATE INDEX media_due ON media (checkAt) WHERE checkAt IS NOT NULL;

CREATE TABLE message_media (
  mediaId TEXT NOT NULL,
  messageId TEXT NOT NULL,
  chatId TEXT NOT NULL,
  PRIMARY KEY (mediaId, messageId)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_media_of_message ON message_media (messageId);

CREATE INDEX chats_by_avatar ON chats (avatarMediaId) WHERE avatarMediaId IS NOT NULL;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  userId TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  chatId TEXT,
  messageId TEXT,
  actorId TEXT,
  data TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  readAt INTEGER,
  UNIQUE (userId, key)
) STRICT;
CREATE INDEX notifications_of_user ON notifications (userId, id);
CREATE INDEX notifications_unread ON notifications (userId) WHERE readAt IS NULL;
CREATE INDEX notifications_by_age ON notifications (createdAt);

CREATE TABLE notification_settings (
  userId TEXT PRIMARY KEY,
  off TEXT NOT NULL,
  quietHours TEXT,
  hideContent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE push_devices (
  id TEXT PRIMARY KEY,
  userId TEXT NOT NULL,
  sessionId TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL
) STRICT;
CREATE INDEX push_devices_of_user ON push_devices (userId, updatedAt);

CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  chatId TEXT,
  occurrences TEXT NOT NULL,
  deviceIds TEXT,
  attempts INTEGER NOT NULL,
  createdAt INTEGER NOT NULL,
  dueAt INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (dueAt);
`;
