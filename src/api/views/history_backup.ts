import { z } from "zod";
import { toTimestamp } from "../../core/clock.ts";
import { lazy } from "../../core/lazy.ts";
import type { HistoryBackup, HistoryBackupPart } from "../../model/history_backup.ts";
import { id, timestamp } from "../fields.ts";

export const HistoryBackupView = lazy(() =>
  z.object({
    id,
    keyCheck: z.string().describe("As the client has stored it"),
    parts: z.int().describe("Number of its parts"),
    createdAt: timestamp,
    updatedAt: timestamp.describe("When a part was last stored"),
  }).meta({ id: "HistoryBackup" })
);

export type HistoryBackupView = z.infer<ReturnType<typeof HistoryBackupView>>;

export function historyBackupView(backup: HistoryBackup): HistoryBackupView {
  const { id, keyCheck, parts, createdAt, updatedAt } = backup;
  const [began, changed] = [toTimestamp(createdAt), toTimestamp(updatedAt)];
  return { id, keyCheck, parts, createdAt: began, updatedAt: changed };
}

export const HistoryBackupPartView = lazy(() =>
  z.object({
    name: z.string(),
    data: z.string().describe("As the client has stored it"),
  }).meta({ id: "HistoryBackupPart" })
);

export type HistoryBackupPartView = z.infer<ReturnType<typeof HistoryBackupPartView>>;

export function historyBackupPartView({ name, data }: HistoryBackupPart): HistoryBackupPartView {
  return { name, data };
}
