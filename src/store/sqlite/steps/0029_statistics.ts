import type { SchemaStep } from "./step.ts";

/** Figures by day, and who was active on the last days, so that each person is counted once. */
export const step: SchemaStep = `
CREATE TABLE statistics (
  day TEXT PRIMARY KEY,
  peopleActive INTEGER NOT NULL,
  peopleNew INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  files INTEGER NOT NULL,
  fileBytes INTEGER NOT NULL,
  chats INTEGER NOT NULL,
  pushesSent INTEGER NOT NULL,
  pushesFailed INTEGER NOT NULL,
  webhooksDelivered INTEGER NOT NULL,
  webhooksFailed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE active_people (
  day TEXT NOT NULL,
  userId TEXT NOT NULL,
  PRIMARY KEY (day, userId)
) STRICT, WITHOUT ROWID;
CREATE INDEX active_people_by_user ON active_people (userId);
`;
