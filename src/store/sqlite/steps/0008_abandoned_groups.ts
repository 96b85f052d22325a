import type { SchemaStep } from "./step.ts";

/** Groups that everyone has left and that still have content: see abandoned_groups.ts. */
export const step: SchemaStep = `
CREATE INDEX chats_abandoned ON chats (id) WHERE memberCount = 0 AND kind = 'group' AND name <> '';
`;
