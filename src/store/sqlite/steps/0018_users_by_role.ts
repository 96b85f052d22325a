import type { SchemaStep } from "./step.ts";

/** Administrators are looked up among any number of people. */
export const step: SchemaStep = `
CREATE INDEX users_by_role ON users (role, usernameKey);
`;
