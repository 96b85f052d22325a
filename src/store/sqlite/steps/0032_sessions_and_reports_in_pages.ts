import type { SchemaStep } from "./step.ts";

/**
 * Sessions of a user and reports of a reporter are read in pages, by id: one person can make very
 * many of both.
 */
export const step: SchemaStep = `
DROP INDEX sessions_of_user;
CREATE INDEX sessions_of_user ON sessions (userId, id);
DROP INDEX reports_by_reporter;
CREATE INDEX reports_by_reporter ON reports (reporterId, id);
`;
