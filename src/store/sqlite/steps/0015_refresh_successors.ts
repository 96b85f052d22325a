import type { SchemaStep } from "./step.ts";

/** The refresh token before the present one: repeated soon, it gets the same successor again. */
export const step: SchemaStep = `
ALTER TABLE sessions ADD COLUMN previousHash TEXT;
ALTER TABLE sessions ADD COLUMN rotatedAt INTEGER;
`;
