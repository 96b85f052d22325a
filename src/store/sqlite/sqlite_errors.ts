import { AppError } from "../../core/errors.ts";
import { DuplicateKey, type DuplicateKeyName } from "../store.ts";

/** The columns that SQLite names in a violation, with the contract's name of the key. */
const UNIQUE_KEYS: Record<string, DuplicateKeyName> = {
  "users.usernameKey": "username",
  "users.emailKey": "email",
  "users.externalId": "externalId",
  "chats.directKey": "directKey",
  "chats.externalId": "externalId",
  "messages.chatId, messages.clientId, messages.senderId": "clientId",
  "outbox.dueAt, outbox.id": "id",
  "identities.provider, identities.subject": "identity",
  "identities.userId, identities.provider": "provider",
};

/** Primary result codes: https://sqlite.org/rescode.html. */
const BUSY = 5, LOCKED = 6, READONLY = 8, IO_ERROR = 10, FULL = 13, CANT_OPEN = 14, CONSTRAINT = 19;
const CORRUPT = 11, NOT_A_DATABASE = 26;
const OUT_OF_ORDER = [BUSY, LOCKED, READONLY, IO_ERROR, FULL, CANT_OPEN];

/** Translates an error of `node:sqlite` into the contract's; returns other errors unchanged. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, errcode } = error as Error & { code?: string; errcode?: number };
  if (code === "ERR_INVALID_STATE") return unavailable("The store is closed", error);
  if (code !== "ERR_SQLITE_ERROR" || errcode === undefined) return error;
  const primary = errcode & 0xff;
  if (primary === CONSTRAINT) return duplicateKey(error) ?? error;
  if (OUT_OF_ORDER.includes(primary)) return unavailable("The store cannot be used for now", error);
  return error;
}

/** True if another connection holds a lock that this call needs. */
export function isBusy(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number };
  return code === "ERR_SQLITE_ERROR" && errcode !== undefined &&
    [BUSY, LOCKED].includes(errcode & 0xff);
}

/** True if the file is damaged, or no database: no later attempt succeeds. */
export function isDamaged(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number };
  return code === "ERR_SQLITE_ERROR" && errcode !== undefined &&
    [CORRUPT, NOT_A_DATABASE].includes(errcode & 0xff);
}

export function unavailable(message: string, cause?: unknown): AppError {
  return new AppError("unavailable", message, { cause });
}

function duplicateKey(error: Error): DuplicateKey | null {
  const columns = /^UNIQUE constraint failed: (.+)$/.exec(error.message)?.[1];
  if (columns === undefined) return null;
  const key = UNIQUE_KEYS[columns] ?? (/^\w+\.id$/.test(columns) ? "id" : undefined);
  return key === undefined ? null : new DuplicateKey(key, { cause: error });
}
