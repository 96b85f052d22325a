import { AppError } from "../../core/errors.ts";
import { DuplicateKey, type DuplicateKeyName } from "../store.ts";

/**
 * Classifies the driver's errors without importing it: by server code, error label and class name.
 * Codes: https://github.com/mongodb/mongo/blob/r7.0.0/src/mongo/base/error_codes.yml
 */
const DUPLICATE_KEY = 11000;
const WRITE_CONFLICT = 112;
const NAMESPACE_EXISTS = 48;
const NAMESPACE_NOT_FOUND = 26;
const INDEX_NOT_FOUND = 27;

/** The unique indexes whose names are those of `DuplicateKeyName`, and the primary key. */
const DUPLICATE_NAMES: Record<string, DuplicateKeyName> = {
  _id_: "id",
  directKey: "directKey",
  externalId: "externalId",
  clientId: "clientId",
  identity: "identity",
  provider: "provider",
};

/** Classes of errors that say that no server could be reached, or that the connection broke. */
const UNREACHABLE = new Set([
  "MongoNetworkError",
  "MongoNetworkTimeoutError",
  "MongoPoolClearedError",
  "PoolClearedOnNetworkError",
  "MongoPoolClosedError",
  "MongoWaitQueueTimeoutError",
  "MongoServerSelectionError",
  "MongoOperationTimeoutError",
  "MongoUnexpectedServerResponseError",
  "MongoServerClosedError",
  "MongoStalePrimaryError",
  "MongoNotConnectedError",
  "MongoTopologyClosedError",
  "MongoClientClosedError",
  "MongoExpiredSessionError",
]);

/** Codes of errors of the platform's sockets, which the driver passes on unchanged. */
const SOCKET_CODES = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTCONN",
  "EBADF",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ERR_SOCKET_CLOSED",
]);

/**
 * Labels of errors after which the same work may succeed, once the driver's own retries have
 * failed.
 */
const TRANSIENT = [
  "RetryableWriteError",
  "TransientTransactionError",
  "UnknownTransactionCommitResult",
];

/**
 * HostUnreachable, MaxTimeMSExpired, WriteConcernFailed, shutting down, no primary, OutOfDiskSpace
 * and the like; and CursorNotFound, CursorKilled and Interrupted, which `killSessions` causes.
 */
const TRANSIENT_CODES = new Set([
  6,
  7,
  43,
  50,
  64,
  89,
  91,
  133,
  189,
  237,
  262,
  9001,
  10107,
  11600,
  11601,
  11602,
  13435,
  13436,
  14031,
]);

/**
 * The storage engine's own text for a full disk, and for the state that it stays in from then on
 * until the database is started again: both come under the code of any unknown error.
 */
const ENGINE_STOPPED = /No space left on device|WT_PANIC/;

interface DriverError extends Error {
  code?: number | string;
  hasErrorLabel(label: string): boolean;
}

/** Also true of the errors that the driver creates itself, such as one of a malformed URI. */
export function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error && "hasErrorLabel" in error;
}

export function hasLabel(error: unknown, label: string): boolean {
  return isDriverError(error) && error.hasErrorLabel(label);
}

/** True if there was no server to send the call to, for as long as the driver waits for one. */
export function isServerMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "MongoServerSelectionError" || isServerMissing(error.cause);
}

/**
 * True if no server could be reached, or the connection broke: the request may have been executed.
 */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (UNREACHABLE.has(error.name) || SOCKET_CODES.has(String((error as DriverError).code))) {
    return true;
  }
  if (isUnreachable(error.cause)) return true;
  return isBrokenBulkWrite(error);
}

/**
 * A bulk write wraps any error in a MongoBulkWriteError, of which only the text is left. One that
 * the server has refused has a code, or says which of its writes failed.
 */
function isBrokenBulkWrite(error: Error & { code?: unknown; writeErrors?: unknown }): boolean {
  if (error.name !== "MongoBulkWriteError" || error.code !== undefined) return false;
  return !Array.isArray(error.writeErrors) || error.writeErrors.length === 0;
}

export function isWriteConflict(error: unknown): boolean {
  return isDriverError(error) && error.code === WRITE_CONFLICT;
}

export function isNamespaceExists(error: unknown): boolean {
  return isDriverError(error) && error.code === NAMESPACE_EXISTS;
}

/** True if the collection or the index to be dropped does not exist. */
export function isNotFound(error: unknown): boolean {
  if (!isDriverError(error)) return false;
  return error.code === INDEX_NOT_FOUND || error.code === NAMESPACE_NOT_FOUND;
}

/** Returns the unique index that a write violated; null for another error. */
export function duplicateIndex(error: unknown): string | null {
  if (!isDriverError(error) || error.code !== DUPLICATE_KEY) return null;
  // Bulk writes carry no keyPattern. The index comes before the values, so no value can be mistaken
  // for it.
  return /index: (\S+) dup key/.exec(error.message)?.[1] ?? "";
}

/** The one place where errors of the driver become those of the Store; returns others unchanged. */
export function translated(error: unknown): unknown {
  if (!isDriverError(error)) return isUnreachable(error) ? unavailable(error) : error;
  const index = duplicateIndex(error);
  if (index !== null) {
    return index in DUPLICATE_NAMES
      ? new DuplicateKey(DUPLICATE_NAMES[index], { cause: error })
      : error;
  }
  return isPassing(error) ? unavailable(error) : error;
}

export function unavailable(cause?: unknown): AppError {
  return new AppError("unavailable", "Cannot reach the database for now", { cause });
}

function isPassing(error: DriverError): boolean {
  return isUnreachable(error) || TRANSIENT_CODES.has(Number(error.code)) ||
    ENGINE_STOPPED.test(error.message) ||
    TRANSIENT.some((label) => error.hasErrorLabel(label));
}
