import { AppError, quote } from "../core/errors.ts";

/** For a place to go on from that no page of this store has given. */
export function invalidCursor(cursor: string): AppError {
  return new AppError("invalid_request", `Searching: the cursor ${quote(cursor)} is not ours`);
}
