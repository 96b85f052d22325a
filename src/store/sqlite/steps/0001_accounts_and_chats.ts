import type { SchemaStep } from "./step.ts";

/** Accounts, sessions, chats with their messages, blocks and reports. */
export const step: SchemaStep = `
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  usernameKey TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  emailKey TEXT NOT NULL UNIQUE,
  emailVerifiedAt INTEGER,
  passwordHash TEXT,
  displayName TEXT NOT NULL,
  bio TEXT NOT NULL,
  avatarMediaId TEXT,
  status TEXT NOT NULL,
  lastSeenAt INTEGER,
  lastSeenHidden INTEGER NOT NULL,
  role TEXT NOT NULL,
  suspension TEXT,
  totp TEXT,
  recoveryCodes TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL,
  deletedAt INTEGER
) STRICT;

-- The words by which people are found.
CREATE TABLE user_terms (
  term TEXT NOT NULL,
  userId TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (term, userId)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_terms_of_user ON user_terms (userId);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  userId TEXT NOT NULL,
  refreshHash TEXT NOT NULL,
  deviceName TEXT NOT NULL,
  userAgent TEXT NOT NULL,
  address TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  lastUsedAt INTEGER NOT NULL,
  authenticatedAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  endedAt INTEGER,
  endReason TEXT
) STRICT;
CREATE INDEX sessions_alive ON sessions (userId) WHERE endedAt IS NULL;
CREATE INDEX sessions_ended ON sessions (endedAt) WHERE endedAt IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expiresAt);

-- "number" is the chat's short name in the search index.
CREATE TABLE chats (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  directKey TEXT UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  avatarMediaId TEXT,
  encrypted INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  detailsRev INTEGER NOT NULL,
  lastSeq INTEGER NOT NULL,
  lastActivityAt INTEGER NOT NULL,
  memberCount INTEGER NOT NULL,
  createdBy TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL,
  epoch INTEGER
) STRICT;

CREATE TABLE memberships (
  chatId TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  userId TEXT NOT NULL,
  role TEXT NOT NULL,
  rev INTEGER NOT NULL,
  joinedAt INTEGER NOT NULL,
  leftAt INTEGER,
  readSeq INTEGER NOT NULL,
  deliveredSeq INTEGER NOT NULL,
  notify TEXT NOT NULL,
  mutedUntil INTEGER,
  PRIMARY KEY (chatId, userId)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_of_user ON memberships (userId, leftAt);
CREATE INDEX memberships_changed ON memberships (chatId, rev);

-- "place" is the order of ids as a number: see message_index.ts.
CREATE TABLE messages (
  place INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  chatId TEXT NOT NULL,
  seq INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  senderId TEXT NOT NULL,
  clientId TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  ciphertext TEXT,
  media TEXT NOT NULL,
  replyTo TEXT,
  mentions TEXT NOT NULL,
  reactions TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  editedAt INTEGER,
  deletedAt INTEGER,
  pinnedAt INTEGER,
  -- In this order, clients that name their sends by time (UUIDv7) append to the index.
  UNIQUE (chatId, clientId, senderId),
  UNIQUE (chatId, seq)
) STRICT;
CREATE INDEX messages_changed ON messages (chatId, rev);
CREATE INDEX messages_pinned ON messages (chatId, pinnedAt) WHERE pinnedAt IS NOT NULL;

-- Holds rowids by term and nothing else. The tokenizer "ascii" only splits at spaces here: terms
-- are folded already, and all beyond ASCII is left as it is.
CREATE VIRTUAL TABLE message_index USING fts5 (
  terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE TABLE blocks (
  blockerId TEXT NOT NULL,
  blockedId TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  PRIMARY KEY (blockerId, blockedId)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_against ON blocks (blockedId);

CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  reporterId TEXT NOT NULL,
  userId TEXT NOT NULL,
  messageId TEXT,
  reason TEXT NOT NULL,
  details TEXT NOT NULL,
  evidence TEXT,
  createdAt INTEGER NOT NULL,
  resolvedAt INTEGER,
  resolvedBy TEXT
) STRICT;
CREATE INDEX reports_open ON reports (id) WHERE resolvedAt IS NULL;
`;
