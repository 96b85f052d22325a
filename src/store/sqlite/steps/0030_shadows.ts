import type { SchemaStep } from "./step.ts";

/** People whose messages only they see, and these messages. */
export const step: SchemaStep = `
ALTER TABLE users ADD COLUMN shadowedAt INTEGER;
CREATE INDEX users_shadowed ON users (shadowedAt) WHERE shadowedAt IS NOT NULL;
ALTER TABLE messages ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0;
`;
