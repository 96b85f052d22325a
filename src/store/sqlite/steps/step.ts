import type { DatabaseSync } from "node:sqlite";

/**
 * One change of the schema or of the rows: SQL, or a function where SQL is not enough (fields
 * inside JSON columns). A function is synchronous, and works inside the transaction of all steps
 * that are due.
 */
export type SchemaStep = string | ((connection: DatabaseSync) => void);
