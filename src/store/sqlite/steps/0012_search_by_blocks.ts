import type { DatabaseSync } from "node:sqlite";
import { nameTerms } from "../../search_terms.ts";
import type { SchemaStep } from "./step.ts";

/**
 * The search index gets other terms and other keys (see message_index.ts), so it starts empty.
 * Earlier messages are indexed in the background, newest first; `reindexBelow` is the place below
 * which they still wait, and a search reads their text instead.
 */
const MESSAGES = `
DROP TABLE message_index;
CREATE VIRTUAL TABLE message_index USING fts5(
  terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
DELETE FROM unindexed;
INSERT INTO meta (key, value)
  SELECT 'reindexBelow', max(place) + 1 FROM messages HAVING count(*) > 0;

-- From chat to chat, however many messages carry one file.
CREATE INDEX message_media_of_chat ON message_media (mediaId, chatId);
`;

export const step: SchemaStep = (connection) => {
  connection.exec(MESSAGES);
  addNameTerms(connection);
};

/** Emoji in names are terms too; plain names keep the terms that they have. */
function addNameTerms(connection: DatabaseSync): void {
  const users = connection.prepare(
    "SELECT id, displayName, username FROM users WHERE deletedAt IS NULL",
  );
  const add = connection.prepare("INSERT OR IGNORE INTO user_terms (term, userId) VALUES (?, ?)");
  for (const { id, displayName, username } of users.iterate()) {
    if (!/[\u0080-\uffff]/.test(String(displayName))) continue;
    for (const term of nameTerms(String(displayName), String(username))) add.run(term, id);
  }
}
