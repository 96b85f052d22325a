import type { SchemaStep } from "./step.ts";

/** An index to find administrators among any number of people. */
export const step: SchemaStep = `
CREATE INDEX users_by_role ON users (role, usernameKey);
`;
