import type { SchemaStep } from "./step.ts";

/** Finds shown pushes and notifications by their cause, to withdraw them. */
export const step: SchemaStep = `
CREATE TABLE shown_pushes (
  deviceId TEXT NOT NULL,
  userId TEXT NOT NULL,
  tag TEXT NOT NULL,
  kind TEXT NOT NULL,
  chatId TEXT,
  messageId TEXT,
  seq INTEGER,
  shownAt INTEGER NOT NULL,
  PRIMARY KEY (deviceId, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX shown_pushes_of_user ON shown_pushes (userId, chatId);
CREATE INDEX shown_pushes_of_message ON shown_pushes (messageId) WHERE messageId IS NOT NULL;
CREATE INDEX shown_pushes_by_age ON shown_pushes (shownAt);

CREATE INDEX notifications_of_message ON notifications (messageId) WHERE messageId IS NOT NULL;
CREATE INDEX notifications_of_chat ON notifications (userId, chatId) WHERE chatId IS NOT NULL;
CREATE INDEX notifications_by_actor ON notifications (actorId) WHERE actorId IS NOT NULL;
`;
