import type { SchemaStep } from "./step.ts";

/**
 * Reduces the pages that each send touches: an outbox without rowids, and a search index that
 * follows later.
 */
export const step: SchemaStep = `
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
`;
