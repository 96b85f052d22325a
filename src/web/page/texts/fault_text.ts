import { ChatError } from "../../../client/mod.ts";
import { t } from "./texts.ts";

/**
 * Returns the text that a person reads about an error: the server's own sentences, where it has
 * some.
 */
export function faultText(error: unknown): string {
  if (!(error instanceof ChatError)) return t().failed;
  if (error.code === "offline") return t().offlineFault;
  // The sentences of a form's fields say more than the one of the request.
  const faults = error.errors.map(({ message }) => message);
  return faults.length > 0 ? faults.join("; ") : error.message;
}
