import type { SchemaStep } from "./step.ts";

/**
 * The MLS group of a chat can be restarted: each generation counts its epochs from 0. A Welcome of
 * many devices is stored once for its Commit, and not once for each device.
 */
export const step: SchemaStep = `
ALTER TABLE chats ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE group_infos ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

CREATE TABLE handshakes_by_generation (
  chatId TEXT NOT NULL,
  rev INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  senderId TEXT NOT NULL,
  clientId TEXT NOT NULL,
  message TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  PRIMARY KEY (chatId, rev),
  UNIQUE (chatId, generation, epoch)
) STRICT;
INSERT INTO handshakes_by_generation
  SELECT chatId, rev, 0, epoch, senderId, clientId, message, createdAt FROM handshakes;
DROP TABLE handshakes;
ALTER TABLE handshakes_by_generation RENAME TO handshakes;

CREATE TABLE welcome_messages (
  chatId TEXT NOT NULL,
  rev INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (chatId, rev)
) STRICT;
INSERT INTO welcome_messages SELECT chatId, rev, min(message) FROM welcomes GROUP BY chatId, rev;
CREATE TABLE welcomes_by_device (
  id TEXT PRIMARY KEY,
  chatId TEXT NOT NULL,
  userId TEXT NOT NULL,
  deviceId TEXT NOT NULL,
  rev INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT;
INSERT INTO welcomes_by_device
  SELECT id, chatId, userId, deviceId, rev, 0, epoch, createdAt FROM welcomes;
DROP TABLE welcomes;
ALTER TABLE welcomes_by_device RENAME TO welcomes;
CREATE INDEX welcomes_for_device ON welcomes (deviceId, id);
CREATE INDEX welcomes_of_commit ON welcomes (chatId, rev);
CREATE TRIGGER welcome_taken AFTER DELETE ON welcomes BEGIN
  DELETE FROM welcome_messages
  WHERE chatId = OLD.chatId AND rev = OLD.rev AND NOT EXISTS (
    SELECT 1 FROM welcomes WHERE chatId = OLD.chatId AND rev = OLD.rev
  );
END;
`;
