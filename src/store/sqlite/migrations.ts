import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../core/log.ts";
import { SCHEMA_STEPS } from "./steps/mod.ts";
import type { SchemaStep } from "./steps/step.ts";

/** Milliseconds that a process waits for another one that is migrating a large file. */
const MIGRATION_WAIT_MS = 120_000;

/**
 * Brings the file to the schema of this release. Safe to repeat, also by several processes at once:
 * the others wait for the lock, and find the steps done. All steps are one transaction, so that a
 * crash leaves the file as it was. Throws if a later release has written the file. A large file
 * takes minutes in which the server is not ready, so that the log says why.
 */
export function migrate(
  connection: DatabaseSync,
  steps: readonly SchemaStep[] = SCHEMA_STEPS,
  log?: Log,
): void {
  const before = versionOf(connection);
  if (before === steps.length) return;
  const isDue = before > 0 && before < steps.length;
  if (isDue) log?.info("Migrating the database", { from: before, to: steps.length });
  const { timeout } = connection.prepare("PRAGMA busy_timeout").get()!;
  connection.exec(`PRAGMA busy_timeout = ${MIGRATION_WAIT_MS}`);
  connection.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(connection);
    requireSupported(version, steps.length);
    for (const step of steps.slice(version)) apply(connection, step);
    connection.exec(`PRAGMA user_version = ${steps.length}`);
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}

function requireSupported(version: number, supported: number): void {
  if (version <= supported) return;
  throw new Error(
    `it has schema ${version}, and this release supports ${supported}: ` +
      "start the release that made it, or a later one",
  );
}

function apply(connection: DatabaseSync, step: SchemaStep): void {
  if (typeof step === "string") connection.exec(step);
  else step(connection);
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare("PRAGMA user_version").get()!.user_version);
}
