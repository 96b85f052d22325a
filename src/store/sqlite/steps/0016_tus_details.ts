import type { SchemaStep } from "./step.ts";

/** Details that a tus client sent when it created an upload. */
export const step: SchemaStep = "ALTER TABLE media ADD COLUMN tus TEXT;";
