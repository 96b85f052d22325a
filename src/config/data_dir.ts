import { ConfigError } from "./fault.ts";

/**
 * Converts a file system error in DATA_DIR to a fault of that variable: the original error would
 * name a path that the operator did not choose.
 */
export function dataDirError(dataDir: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const accepted = `a folder that this server can make and write to (${reason})`;
  return new ConfigError([{ variable: "DATA_DIR", given: dataDir, accepted }]);
}

/** Exists in DATA_DIR while a backup is being restored, and after an interrupted restore. */
export const RESTORE_DRAFT = "restore.partial";
