import { ConfigError } from "./fault.ts";

/**
 * What the file system refused in DATA_DIR, as a fault of that variable: by itself it would name a path
 * that nobody chose.
 */
export function dataDirError(dataDir: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const accepted = `a folder that this server can make and write to (${reason})`;
  return new ConfigError([{ variable: "DATA_DIR", given: dataDir, accepted }]);
}

/** In DATA_DIR while a backup is being restored, and after a restore that was interrupted. */
export const RESTORE_DRAFT = "restore.partial";
