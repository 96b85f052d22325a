import type { SchemaStep } from "./step.ts";

/** API keys of servers, and the key in the audit entries of what a server did. */
export const step: SchemaStep = `
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  secretHash TEXT NOT NULL,
  previousHash TEXT,
  previousUntil INTEGER,
  createdAt INTEGER NOT NULL,
  createdBy TEXT,
  expiresAt INTEGER,
  endedAt INTEGER,
  lastUsedAt INTEGER,
  lastAddress TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_active ON api_keys (endedAt, expiresAt);
ALTER TABLE audit ADD COLUMN keyId TEXT;
`;
