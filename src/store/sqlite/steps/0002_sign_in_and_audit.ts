import type { SchemaStep } from "./step.ts";

/** Sign-in methods, one-time links, the audit log, pending erasures. */
export const step: SchemaStep = `
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
`;
