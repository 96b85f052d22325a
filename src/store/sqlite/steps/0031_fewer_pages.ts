import type { SchemaStep } from "./step.ts";

/**
 * Reduces the pages that each send touches. Messages wait for the search index past a remembered
 * place (see index_position.ts) instead of with a row each; those that were never changed are in no
 * index of revisions (see changed_messages.ts); and the outbox is in the order in which it is read.
 */
export const step: SchemaStep = `
INSERT INTO meta (key, value) SELECT 'indexedTo', coalesce(max(place), -9007199254740992) FROM messages;

DROP INDEX messages_changed;
CREATE INDEX messages_changed ON messages (chatId, rev) WHERE rev <> seq;

CREATE TABLE outbox_by_time (
  dueAt INTEGER NOT NULL,
  id TEXT NOT NULL,
  chatId TEXT,
  occurrences TEXT NOT NULL,
  deviceIds TEXT,
  attempts INTEGER NOT NULL,
  createdAt INTEGER NOT NULL,
  PRIMARY KEY (dueAt, id)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_by_time (dueAt, id, chatId, occurrences, deviceIds, attempts, createdAt)
  SELECT dueAt, id, chatId, occurrences, deviceIds, attempts, createdAt FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_by_time RENAME TO outbox;
`;
