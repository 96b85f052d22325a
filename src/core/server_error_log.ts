import { AppError } from "./errors.ts";
import type { Log, LogFields } from "./log.ts";
import { toProblem } from "./problem.ts";

/**
 * Logs a response with a status from 500 on, with its cause: the response says only that the
 * service is unavailable, and an operator has to find out why.
 */
export function logServerError(log: Log, error: AppError, about: LogFields): void {
  if (toProblem(error).status < 500) return;
  log.error("Request failed: a dependency is unavailable", { ...about, code: error.code, error });
}
