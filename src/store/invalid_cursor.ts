import { AppError, quote } from "../core/errors.ts";

/** Error for a cursor that no page of this store has returned. */
export function invalidCursor(cursor: string): AppError {
  return new AppError("invalid_request", `Cannot search: the cursor ${quote(cursor)} is invalid`);
}
