import type { SchemaStep } from "./step.ts";

/** What a tus client said when it created an upload. */
export const step: SchemaStep = "ALTER TABLE media ADD COLUMN tus TEXT;";
