import { AppError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";

/** Validates the id in the path. */
export function idOf(id: string): string {
  if (isId(id)) return id;
  throw new AppError("invalid_request", `mediaId must be an id, not ${quote(id)}`);
}

export function assertPlain(headers: Headers): void {
  const coding = headers.get("content-encoding");
  if (coding === null || coding.toLowerCase() === "identity") return;
  const message = `The body must be sent without a content coding, not in ${quote(coding)}`;
  throw new AppError("unsupported_media_type", message);
}
