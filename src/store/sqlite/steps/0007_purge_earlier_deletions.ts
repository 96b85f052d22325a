import type { SchemaStep } from "./step.ts";

/**
 * Earlier releases left deleted rows in free pages, and the words of deleted messages in the search
 * index: a file that they have written is rebuilt once when it is opened (`vacuum`, see
 * deleted_rows.ts), and its index purged after that (`index_purge`, see index_purge.ts).
 */
export const step: SchemaStep = `
INSERT INTO meta (key, value) SELECT 'vacuum', '1' WHERE EXISTS (SELECT 1 FROM users);
INSERT INTO meta (key, value) SELECT 'index_purge', '1' WHERE EXISTS (SELECT 1 FROM messages);
`;
