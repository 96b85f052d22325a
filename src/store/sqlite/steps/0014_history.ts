import type { SchemaStep } from "./step.ts";

/** The part of a group's history that new members see; before this step they saw all of it. */
export const step: SchemaStep = `
ALTER TABLE chats ADD COLUMN history TEXT NOT NULL DEFAULT 'all';
ALTER TABLE memberships ADD COLUMN hiddenSeq INTEGER NOT NULL DEFAULT 0;
`;
