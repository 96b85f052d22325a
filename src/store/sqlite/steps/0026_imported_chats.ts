import type { SchemaStep } from "./step.ts";

/** Chats that came from elsewhere, by their ids there. Null differs from null in a unique index. */
export const step: SchemaStep = `
ALTER TABLE chats ADD COLUMN externalId TEXT;
CREATE UNIQUE INDEX chats_by_external_id ON chats (externalId) WHERE externalId IS NOT NULL;
`;
