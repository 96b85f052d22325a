import type { SchemaStep } from "./step.ts";

/** The entries of `store/custom_entries.ts`, of one row. */
const ENTRIES = `SELECT entry, NEW.id FROM (
    SELECT key || '=' || CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE atom END
      AS entry
    FROM json_each(NEW.custom) WHERE type IN ('text', 'integer', 'true', 'false')
  ) WHERE length(CAST(entry AS BLOB)) <= 512`;

/** Triggers maintain the entries, so that no write can miss them. */
const indexed = (table: string, one: string) => `
CREATE TABLE ${one}_custom (
  entry TEXT NOT NULL,
  ${one}Id TEXT NOT NULL,
  PRIMARY KEY (entry, ${one}Id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ${one}_custom_by_${one} ON ${one}_custom (${one}Id);
CREATE TRIGGER ${one}_custom_created AFTER INSERT ON ${table} WHEN NEW.custom IS NOT NULL BEGIN
  INSERT INTO ${one}_custom ${ENTRIES};
END;
CREATE TRIGGER ${one}_custom_updated AFTER UPDATE OF custom ON ${table}
  WHEN NEW.custom IS NOT OLD.custom BEGIN
  DELETE FROM ${one}_custom WHERE ${one}Id = NEW.id;
  INSERT INTO ${one}_custom ${ENTRIES};
END;
`;

/** Custom data of people, chats, memberships and messages, and what system messages report. */
export const step: SchemaStep = `
ALTER TABLE users ADD COLUMN custom TEXT;
ALTER TABLE chats ADD COLUMN custom TEXT;
ALTER TABLE memberships ADD COLUMN custom TEXT;
ALTER TABLE messages ADD COLUMN custom TEXT;
ALTER TABLE messages ADD COLUMN metadata TEXT;
${indexed("users", "user")}
${indexed("chats", "chat")}
`;
