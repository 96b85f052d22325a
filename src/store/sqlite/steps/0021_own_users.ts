import type { SchemaStep } from "./step.ts";

/** People whom the customer knows by a separate id. Null differs from null in a unique index. */
export const step: SchemaStep = `
ALTER TABLE users ADD COLUMN externalId TEXT;
ALTER TABLE users ADD COLUMN pictureUrl TEXT;
ALTER TABLE users ADD COLUMN deactivatedAt INTEGER;
CREATE UNIQUE INDEX users_by_external_id ON users (externalId);
`;
