import type { SchemaStep } from "./step.ts";

/** Chats that administrators have frozen, and lists of chats, newest first. */
export const step: SchemaStep = `
ALTER TABLE chats ADD COLUMN frozen TEXT;
CREATE INDEX chats_by_creation ON chats (createdAt, id);
CREATE INDEX chats_frozen ON chats (createdAt, id) WHERE frozen IS NOT NULL;
`;
