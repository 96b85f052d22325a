import { DatabaseSync } from "node:sqlite";

/**
 * Throws if this Deno's SQLite cannot run the store's statements: up to Deno 2.5 a numbered
 * parameter (`?1`) is not bound by its position, and every read and write would fail later, one by
 * one.
 */
export function requireNumberedParameters(): void {
  const database = new DatabaseSync(":memory:");
  try {
    database.prepare("SELECT ?2 AS b, ?1 AS a, ?2 AS c").get(1, 2);
  } catch (cause) {
    const cure = "use a newer Deno (`deno upgrade`), or set MONGODB_URI";
    throw new Error(
      `Cannot use SQLite on Deno ${Deno.version.deno}: it does not bind numbered parameters; ${cure}`,
      { cause },
    );
  } finally {
    database.close();
  }
}
