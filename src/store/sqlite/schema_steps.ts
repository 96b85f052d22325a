/**
 * The schema, as the steps that lead to it. A step that was released is never changed; a change is a
 * new step at the end. `user_version` counts the steps that a file has had.
 *
 * Columns are named as the fields of the model (see `table.ts`).
 */
export const SCHEMA_STEPS: readonly string[] = [
  `
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
  `,
  // What accounts rest on: ways to sign in, links that work once, the record, erasures under way.
  `
  CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    userId TEXT NOT NULL,
    email TEXT,
    linkedAt INTEGER NOT NULL,
    UNIQUE (provider, subject),
    UNIQUE (userId, provider)
  ) STRICT;

  CREATE TABLE one_time_tokens (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    userId TEXT,
    data TEXT NOT NULL,
    attemptsLeft INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    expiresAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX one_time_tokens_of_user ON one_time_tokens (userId) WHERE userId IS NOT NULL;
  CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expiresAt);

  CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actorId TEXT,
    userId TEXT,
    chatId TEXT,
    door TEXT,
    address TEXT NOT NULL,
    userAgent TEXT NOT NULL,
    details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_actor ON audit (actorId, id);
  CREATE INDEX audit_of_user ON audit (userId, id);
  CREATE INDEX audit_of_chat ON audit (chatId, id) WHERE chatId IS NOT NULL;

  CREATE TABLE erasures (
    userId TEXT PRIMARY KEY,
    requestedAt INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX reports_by_reporter ON reports (reporterId);
  CREATE INDEX reports_about ON reports (userId);
  CREATE INDEX sessions_of_user ON sessions (userId);
  `,
  // End-to-end encryption: devices with their keys, and what their groups need kept in order.
  `
  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    userId TEXT NOT NULL,
    name TEXT NOT NULL,
    signatureKey TEXT NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX devices_of_user ON devices (userId, id);

  CREATE TABLE key_packages (
    id TEXT PRIMARY KEY,
    deviceId TEXT NOT NULL,
    keyPackage TEXT NOT NULL,
    isLastResort INTEGER NOT NULL,
    expiresAt INTEGER NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX key_packages_of_device ON key_packages (deviceId, isLastResort, createdAt, id);
  CREATE INDEX key_packages_expiry ON key_packages (expiresAt);

  CREATE TABLE handshakes (
    chatId TEXT NOT NULL,
    rev INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    senderId TEXT NOT NULL,
    clientId TEXT NOT NULL,
    message TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    PRIMARY KEY (chatId, rev),
    UNIQUE (chatId, epoch)
  ) STRICT;

  CREATE TABLE group_infos (
    chatId TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    groupInfo TEXT NOT NULL
  ) STRICT;

  CREATE TABLE welcomes (
    id TEXT PRIMARY KEY,
    chatId TEXT NOT NULL,
    userId TEXT NOT NULL,
    deviceId TEXT NOT NULL,
    rev INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    message TEXT NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX welcomes_for_device ON welcomes (deviceId, id);
  `,
  // Uploads and what carries them, leases, notifications, and what is still to be told.
  `
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
  `,
  // Each send pays for every page that it touches: an outbox without rowids, an index that follows.
  `
  CREATE TABLE outbox_by_id (
    id TEXT PRIMARY KEY,
    chatId TEXT,
    occurrences TEXT NOT NULL,
    deviceIds TEXT,
    attempts INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    dueAt INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO outbox_by_id SELECT * FROM outbox;
  DROP TABLE outbox;
  ALTER TABLE outbox_by_id RENAME TO outbox;
  CREATE INDEX outbox_due ON outbox (dueAt);

  -- Places of messages that are not in message_index yet: see index_backlog.ts.
  CREATE TABLE unindexed (place INTEGER PRIMARY KEY) STRICT;
  `,
];
