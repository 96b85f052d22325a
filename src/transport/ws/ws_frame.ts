import { AppError, quote } from "../../core/errors.ts";

export interface CommandFrame {
  /** The id from the client; null if there is no valid one. */
  id: string | number | null;
  cmd: unknown;
  data: unknown;
  /** The fault of the frame, if it can be answered and the socket can stay open. */
  error?: AppError;
}

/**
 * Throws for data that is not a frame of this protocol (too large, binary, not JSON, not an
 * object): the peer speaks another protocol. Every object gets a reply, whatever else is wrong with
 * it.
 */
export function parseFrame(data: unknown, maxBytes: number): CommandFrame {
  if (typeof data !== "string") {
    throw new AppError("invalid_request", "Cannot read the frame: it is binary, and must be text");
  }
  if (data.length > maxBytes || byteLength(data, maxBytes) > maxBytes) {
    throw new AppError(
      "payload_too_large",
      `Cannot read the frame: it has more than ${maxBytes} bytes`,
    );
  }
  const frame = parseJson(data);
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) {
    throw new AppError("invalid_request", "Cannot read the frame: it is not a JSON object");
  }
  return check(frame as Record<string, unknown>);
}

/** Counted only if the limit could be exceeded: a UTF-16 unit takes at most three bytes. */
function byteLength(text: string, maxBytes: number): number {
  return text.length * 3 <= maxBytes ? 0 : new TextEncoder().encode(text).length;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_request", "Cannot read the frame: it is not JSON", { cause });
  }
}

function check(frame: Record<string, unknown>): CommandFrame {
  const { id, cmd, data, ...rest } = frame;
  const fit = (typeof id === "number" && Number.isFinite(id)) ||
    (typeof id === "string" && id.length <= 64);
  const result: CommandFrame = { id: fit ? id : null, cmd, data };
  const unknown = Object.keys(rest)[0];
  if (!fit) {
    const message =
      "Cannot read the command: id must be a number or a string of at most 64 characters";
    result.error = new AppError("invalid_request", message);
  } else if (typeof cmd !== "string") {
    result.error = new AppError("invalid_request", `Cannot read the command: cmd is ${quote(cmd)}`);
  } else if (unknown !== undefined) {
    const message = `Cannot read the command: there is no field ${quote(unknown)}`;
    result.error = new AppError("invalid_request", message);
  }
  return result;
}
