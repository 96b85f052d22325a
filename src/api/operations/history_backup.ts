import { z } from "zod";
import { LIMIT_SPECS, type Limits } from "../limits.ts";
import { cursor, id, limit, page } from "../fields.ts";
import { operation } from "../operation.ts";
import { HistoryBackupPartView, HistoryBackupView } from "../views/history_backup.ts";

const tag = "Encryption";

/** Bytes for the rest of a request beside a part of maximum size. */
const REST_OF_BODY = 8 * 1024;
const partBody = ({ historyBackupPartBytes }: Limits) =>
  Math.ceil(historyBackupPartBytes * 4 / 3) + REST_OF_BODY;

/** Sealed bytes in base64url without padding, four characters for three bytes. */
const sealed = (about: string, maxBytes: number) =>
  z.string().min(1).max(Math.ceil(maxBytes * 4 / 3))
    .regex(/^[A-Za-z0-9_-]+$/, "must be base64url without padding")
    .meta({ description: about });

const MAX_CHECK_BYTES = 1024;

export const beginHistoryBackup = operation({
  name: "historyBackup.begin",
  summary: "Begin a backup of decrypted messages, in place of an earlier one",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      keyCheck: sealed("Sealed by the client: shows it the right recovery key", MAX_CHECK_BYTES),
    }),
  output: HistoryBackupView,
  rest: { method: "POST", path: "/history-backup", status: 201 },
});

export const getHistoryBackup = operation({
  name: "historyBackup.get",
  summary: "The caller's backup of decrypted messages, without its parts",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: HistoryBackupView,
  rest: { method: "GET", path: "/history-backup" },
  errors: ["not_found"],
});

export const putHistoryBackupPart = operation({
  name: "historyBackup.put",
  summary: "Store a part of the backup, in place of one of the same name",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      backupId: id,
      name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, "must be 1 to 80 letters, digits, _ or -")
        .meta({ description: "Chosen by the client; unique within the backup" }),
      data: sealed(
        "Sealed by the client, in base64url",
        LIMIT_SPECS.historyBackupPartBytes.max,
      ),
    }),
  output: null,
  rest: {
    method: "PUT",
    path: "/history-backup/parts/:name",
    status: 204,
    bodyLimit: partBody,
  },
  errors: ["not_found", "payload_too_large", "quota_exceeded"],
});

export const listHistoryBackupParts = operation({
  name: "historyBackup.parts",
  summary: "The parts of the caller's backup, by name",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ backupId: id, limit, cursor: cursor.optional() }),
  output: () => page(HistoryBackupPartView()),
  rest: { method: "GET", path: "/history-backup/parts" },
  errors: ["not_found"],
});

export const removeHistoryBackup = operation({
  name: "historyBackup.remove",
  summary: "Delete the backup: nothing is restored from it any more",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({}),
  output: null,
  rest: { method: "DELETE", path: "/history-backup", status: 204 },
  errors: ["not_found"],
});
