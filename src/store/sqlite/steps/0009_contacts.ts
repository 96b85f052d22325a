import type { SchemaStep } from "./step.ts";

/** Contact settings, requests that wait for consent, and the number of chats a person is in. */
export const step: SchemaStep = `
CREATE TABLE contact_settings (
  userId TEXT PRIMARY KEY,
  addToGroups TEXT,
  write TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_requests (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  userId TEXT NOT NULL,
  fromId TEXT NOT NULL,
  chatId TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  declinedAt INTEGER,
  UNIQUE (userId, chatId)
) STRICT;
CREATE INDEX contact_requests_received ON contact_requests (userId, id);
CREATE INDEX contact_requests_sent ON contact_requests (fromId, id);
CREATE INDEX contact_requests_expiry ON contact_requests (expiresAt);

ALTER TABLE memberships ADD COLUMN addedByStranger INTEGER NOT NULL DEFAULT 0;

-- Kept by the triggers: a person may be in so many chats that counting rows would take too long.
CREATE TABLE chat_counts (
  userId TEXT PRIMARY KEY,
  chats INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO chat_counts
  SELECT userId, count(*) FROM memberships WHERE leftAt IS NULL GROUP BY userId;
CREATE TRIGGER memberships_made AFTER INSERT ON memberships WHEN NEW.leftAt IS NULL BEGIN
  INSERT INTO chat_counts (userId, chats) VALUES (NEW.userId, 1)
    ON CONFLICT (userId) DO UPDATE SET chats = chats + 1;
END;
CREATE TRIGGER memberships_moved AFTER UPDATE OF leftAt ON memberships
WHEN (OLD.leftAt IS NULL) <> (NEW.leftAt IS NULL) BEGIN
  INSERT INTO chat_counts (userId, chats) VALUES (NEW.userId, NEW.leftAt IS NULL)
    ON CONFLICT (userId) DO UPDATE SET chats = chats + iif(NEW.leftAt IS NULL, 1, -1);
END;
`;
