import { AppError } from "../../core/errors.ts";
import { DuplicateKey, type DuplicateKeyName } from "../store.ts";

/**
 * What the driver throws, told apart without importing it: by server code, error label and class name.
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
  clientId: "clientId",
  identity: "identity",
  provider: "provider",
};

/** Classes of errors that say that no server could be reached, or that the connection broke. */
const UNREACHABLE = new Set([
  "MongoNetworkError",
  "MongoNetworkTimeoutError",
  "MongoPoolClearedError",
  "MongoPoolClosedError",
  "MongoWaitQueueTimeoutError",
  "MongoServerSelectionError",
  "MongoServerClosedError",
  "MongoStalePrimaryError",
  "MongoNotConnectedError",
  "MongoTopologyClosedError",
  "MongoClientClosedError",
  "MongoExpiredSessionError",
]);

/** Labels of errors after which the same work may succeed, once the driver's own retries have failed. */
const PASSING = [
  "RetryableWriteError",
  "TransientTransactionError",
  "UnknownTransactionCommitResult",
];

/**
 * HostUnreachable, MaxTimeMSExpired, WriteConcernFailed, shutting down, no primary, and the like; and
 * CursorNotFound, CursorKilled and Interrupted, which `killSessions` causes.
 */
const PASSING_CODES = new Set([
  ...[6, 7, 43, 50, 64, 89, 91, 133, 189, 237, 262, 9001],
  ...[10107, 11600, 11601, 11602, 13435, 13436],
]);

interface DriverError extends Error {
  code?: number | string;
  hasErrorLabel(label: string): boolean;
}

/** Also true of the errors that the driver makes itself, such as one of a malformed URI. */
export function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error && "hasErrorLabel" in error;
}

export function hasLabel(error: unknown, label: string): boolean {
  return isDriverError(error) && error.hasErrorLabel(label);
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

/** The unique index that a write ran into; null when the error is another one. */
export function duplicateIndex(error: unknown): string | null {
  if (!isDriverError(error) || error.code !== DUPLICATE_KEY) return null;
  // Bulk writes carry no keyPattern. The index comes before the values, so no value can be taken for it.
  return /index: (\S+) dup key/.exec(error.message)?.[1] ?? "";
}

/** The one place where errors of the driver become those of the Store; others pass as they are. */
export function translated(error: unknown): unknown {
  if (!isDriverError(error)) return error;
  const index = duplicateIndex(error);
  if (index !== null) {
    return index in DUPLICATE_NAMES
      ? new DuplicateKey(DUPLICATE_NAMES[index], { cause: error })
      : error;
  }
  if (!isPassing(error)) return error;
  return new AppError("unavailable", "The database cannot be reached for now", { cause: error });
}

function isPassing(error: DriverError): boolean {
  return UNREACHABLE.has(error.name) || PASSING_CODES.has(Number(error.code)) ||
    PASSING.some((label) => error.hasErrorLabel(label));
}
