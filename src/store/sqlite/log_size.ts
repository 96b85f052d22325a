import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Bytes of a page in the log, with its header. */
const FRAME_BYTES = 4_096 + 24;
/** First version of SQLite that reports the log without copying it. */
const REPORTS_SINCE = [3, 51];

/** Tells how much of the write-ahead log is in use. */
export class LogSize {
  readonly #report: StatementSync | null;

  constructor(database: DatabaseSync, private readonly path: string) {
    const { version } = database.prepare("SELECT sqlite_version() AS version").get()!;
    const reports = isSince(String(version), REPORTS_SINCE);
    this.#report = reports ? database.prepare("PRAGMA wal_checkpoint(NOOP)") : null;
  }

  /** False if only the size of the file is known, which stays when the log is restarted. */
  get isExact(): boolean {
    return this.#report !== null;
  }

  /** Bytes in use; 0 if they are unknown. */
  bytes(): number {
    try {
      if (this.#report === null) return Deno.statSync(this.path).size;
      return Math.max(0, Number(this.#report.get()!.log)) * FRAME_BYTES;
    } catch {
      return 0;
    }
  }
}

function isSince(version: string, [major, minor]: number[]): boolean {
  const [ours, its] = version.split(".").map(Number);
  return ours > major || (ours === major && its >= minor);
}
