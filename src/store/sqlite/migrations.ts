import type { DatabaseSync } from "node:sqlite";
import { SCHEMA_STEPS } from "./schema_steps.ts";

/** Safe to repeat, and with other processes doing the same: they wait for the lock, and find it done. */
export function migrate(connection: DatabaseSync): void {
  if (versionOf(connection) === SCHEMA_STEPS.length) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(connection);
    if (version > SCHEMA_STEPS.length) {
      throw new Error(
        `The database has schema ${version}, and this release knows ${SCHEMA_STEPS.length}: ` +
          "start the release that made it, or a later one",
      );
    }
    for (const step of SCHEMA_STEPS.slice(version)) connection.exec(step);
    connection.exec(`PRAGMA user_version = ${SCHEMA_STEPS.length}`);
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare("PRAGMA user_version").get()!.user_version);
}
