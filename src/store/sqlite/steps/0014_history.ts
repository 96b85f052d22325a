import type { SchemaStep } from "./step.ts";

/** What people who join a group see of its history; until here they saw all of it. */
export const step: SchemaStep = `
ALTER TABLE chats ADD COLUMN history TEXT NOT NULL DEFAULT 'all';
ALTER TABLE memberships ADD COLUMN hiddenSeq INTEGER NOT NULL DEFAULT 0;
`;
