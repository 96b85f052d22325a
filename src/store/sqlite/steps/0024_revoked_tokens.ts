import type { SchemaStep } from "./step.ts";

/** The time before which a customer's tokens of a person are refused. */
export const step: SchemaStep = `
ALTER TABLE users ADD COLUMN tokensNotBefore INTEGER;
`;
