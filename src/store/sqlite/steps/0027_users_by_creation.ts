import type { SchemaStep } from "./step.ts";

/** Lists of people for administrators, newest first. */
export const step: SchemaStep = `
CREATE INDEX users_by_creation ON users (createdAt, id) WHERE deletedAt IS NULL;
CREATE INDEX users_suspended ON users (createdAt, id)
  WHERE deletedAt IS NULL AND (suspension IS NOT NULL OR deactivatedAt IS NOT NULL);
`;
