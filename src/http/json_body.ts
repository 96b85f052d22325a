import { AppError, quote } from "../core/errors.ts";
import { sharedTurns } from "../core/turns.ts";

export interface BodyLimits {
  bodyBytes: number;
  /** How long the whole body may take to arrive. */
  bodyTimeMs: number;
}

const NOT_AN_OBJECT = "The body must be a JSON object";

/**
 * The object that a request's body is; an empty body is an empty object. Everything is checked that
 * can be before the first byte is read: coding, declared length, type.
 */
export async function readJsonObject(
  request: Request,
  limits: BodyLimits,
): Promise<Record<string, unknown>> {
  const { body, headers } = request;
  if (body === null || headers.get("content-length") === "0") return {};
  assertNotCoded(headers);
  if (Number(headers.get("content-length") ?? 0) > limits.bodyBytes) throw tooLarge(limits);
  // A body of unknown length may turn out to be empty, and then needs no type.
  if (headers.has("content-length")) assertJsonType(headers);
  const bytes = await readBytes(body, limits);
  if (bytes.length === 0) return {};
  assertJsonType(headers);
  return await sharedTurns.run(() => parseObject(bytes));
}

/** A compressed body would be a bomb in disguise, and saves a chat's small requests nothing. */
function assertNotCoded(headers: Headers): void {
  const coding = headers.get("content-encoding");
  if (coding === null || coding.toLowerCase() === "identity") return;
  throw new AppError(
    "unsupported_media_type",
    `The body must be sent without a content coding, not in ${quote(coding)}`,
  );
}

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

function assertJsonType(headers: Headers): void {
  const type = headers.get("content-type");
  if (type !== null && JSON_TYPE.test(type)) return;
  throw new AppError(
    "unsupported_media_type",
    `The body must be application/json in UTF-8, not ${type === null ? "untyped" : quote(type)}`,
  );
}

/** The whole of a stream, held to its limits while it arrives, whatever length it had declared. */
export async function readBytes(
  body: ReadableStream<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array> {
  const reader = body.getReader();
  let late = false;
  // Not by `Promise.race`: each of a million small reads would leave its result with the one that loses.
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, limits.bodyTimeMs);
  try {
    const bytes = await collect(reader, limits);
    if (late) throw tooSlow(limits);
    return bytes;
  } catch (error) {
    reader.cancel().catch(() => {});
    if (late) throw tooSlow(limits);
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "The body broke off before its end", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Copies what arrives: each chunk, be it of one byte, comes in a buffer of 64 KiB, and a body that
 * trickles in would hold as many of them as it has bytes.
 */
async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const end = size + next.value.length;
    if (end > limits.bodyBytes) throw tooLarge(limits);
    if (end > bytes.length) bytes = grown(bytes, end);
    bytes.set(next.value, size);
    size = end;
  }
  return bytes.subarray(0, size);
}

/** Doubled, so that what comes byte by byte is not copied each time. */
function grown(bytes: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new AppError("invalid_request", "The body is not valid UTF-8");
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError("invalid_request", `The body is not valid JSON: ${reason(error)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new AppError("invalid_request", NOT_AN_OBJECT, {
    errors: [{ path: "", message: NOT_AN_OBJECT }],
  });
}

/** The parser quotes what it read: kept to one clean line. */
function reason(error: unknown): string {
  return quote(error instanceof Error ? error.message : error).slice(1, -1);
}

function tooLarge({ bodyBytes }: BodyLimits): AppError {
  return new AppError("payload_too_large", `The body must have at most ${bodyBytes} bytes`);
}

function tooSlow({ bodyTimeMs }: BodyLimits): AppError {
  return new AppError("request_timeout", `The body must arrive within ${bodyTimeMs} ms`);
}
