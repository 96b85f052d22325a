import type { SchemaStep } from "./step.ts";

/** Backups of decrypted messages, sealed by the clients. */
export const step: SchemaStep = `
CREATE TABLE history_backups (
  id TEXT PRIMARY KEY,
  userId TEXT NOT NULL UNIQUE,
  keyCheck TEXT NOT NULL,
  parts INTEGER NOT NULL,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL
) STRICT;

CREATE TABLE history_backup_parts (
  backupId TEXT NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (backupId, name)
) STRICT;
`;
