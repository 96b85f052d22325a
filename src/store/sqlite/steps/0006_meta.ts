import type { SchemaStep } from "./step.ts";

/**
 * Facts about the database itself. `incarnation` names this history: a restored backup gets a new
 * one.
 */
export const step: SchemaStep = `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('incarnation', lower(hex(randomblob(16))));
`;
