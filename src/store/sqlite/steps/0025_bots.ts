import type { SchemaStep } from "./step.ts";

/** People that programs play, and incoming webhooks. */
export const step: SchemaStep = `
ALTER TABLE users ADD COLUMN isBot INTEGER NOT NULL DEFAULT 0;
CREATE TABLE bots (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  chatId TEXT,
  name TEXT NOT NULL,
  secretHash TEXT NOT NULL,
  commands TEXT NOT NULL,
  createdBy TEXT,
  createdAt INTEGER NOT NULL,
  endedAt INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX bots_by_chat ON bots (chatId, id);
`;
