/// <reference lib="deno.worker" />
import { DatabaseSync } from "node:sqlite";
import { restartLog, type RestartMode } from "./log_restart.ts";

/** `copy` comes before `RESTART` or `TRUNCATE`, any number of times, and `end` is the last. */
export type CheckpointStep = "copy" | RestartMode | "end";

/** Milliseconds to wait for other processes, which cannot write meanwhile. */
const BUSY_TIMEOUT_MS = 100;

const database = open();
/**
 * Reads from before the copy until the restart: as long as it does, no writer restarts the log,
 * for which it would wait for the disk.
 */
const reader = open();

function open(): DatabaseSync {
  const opened = new DatabaseSync(self.name, { timeout: BUSY_TIMEOUT_MS });
  opened.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0");
  return opened;
}

const STEPS: Record<CheckpointStep, () => void> = {
  copy() {
    // SQLite copies no commits after those that `reader` sees.
    if (reader.isTransaction && copyLog()) return;
    stopReading();
    reader.exec("BEGIN; SELECT 1 FROM meta WHERE key = 'incarnation'");
    copyLog();
  },
  RESTART: () => restart("RESTART"),
  TRUNCATE: () => restart("TRUNCATE"),
  end() {
    reader.close();
    database.close();
  },
};

/** Copies as far as readers allow; returns true if that is all. */
function copyLog(): boolean {
  const { log, checkpointed } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get()!;
  return log === checkpointed;
}

function restart(mode: RestartMode): void {
  stopReading();
  restartLog(database, mode);
}

function stopReading(): void {
  if (reader.isTransaction) reader.exec("COMMIT");
}

self.onmessage = ({ data }: MessageEvent<CheckpointStep>) => {
  try {
    STEPS[data]();
  } catch {
    // A busy or full disk: the next time may succeed, and writes report it themselves.
  }
  self.postMessage(null);
};
