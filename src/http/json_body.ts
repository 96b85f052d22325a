import { AppError, quote } from "../core/errors.ts";
import { sharedTurns } from "../core/turns.ts";

export interface BodyLimits {
  bodyBytes: number;
  /** Time limit in milliseconds for receiving the whole body. */
  bodyTimeMs: number;
}

const NOT_AN_OBJECT = "The body must be a JSON object";

/**
 * Returns the JSON object in a request's body; an empty body is an empty object. The content
 * coding, the declared length and the type are checked before the first byte is read.
 */
export async function readJsonObject(
  request: Request,
  limits: BodyLimits,
): Promise<Record<string, unknown>> {
  const { body, headers } = request;
  if (body === null || headers.get("content-length") === "0") return {};
  assertNotCoded(headers);
  if (Number(headers.get("content-length") ?? 0) > limits.bodyBytes) throw tooLarge(limits);
  // A body of unknown length may turn out to be empty, and an empty body needs no type.
  if (headers.has("content-length")) assertJsonType(headers);
  const bytes = await readBytes(body, limits);
  if (bytes.length === 0) return {};
  assertJsonType(headers);
  return await sharedTurns.run(() => parseObject(bytes));
}

/**
 * Refuses compressed bodies: they could be decompression bombs, and compression saves nothing on
 * the small requests of a chat.
 */
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

/** Reads a whole stream and enforces the limits while it arrives, whatever length was declared. */
export async function readBytes(
  body: ReadableStream<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array> {
  const reader = body.getReader();
  let late = false;
  // Not with `Promise.race`: each of a million small reads would leave its result with the losing
  // promise.
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
 * Copies each chunk as it arrives: a chunk of even one byte comes in a buffer of 64 KiB, and a body
 * sent byte by byte would hold one such buffer for each of its bytes.
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

/** Doubles the buffer, so that a body that arrives byte by byte is not copied each time. */
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

/** Returns the parser's message, which quotes the input, on one clean line. */
function reason(error: unknown): string {
  return quote(error instanceof Error ? error.message : error).slice(1, -1);
}

function tooLarge({ bodyBytes }: BodyLimits): AppError {
  return new AppError("payload_too_large", `The body must have at most ${bodyBytes} bytes`);
}

function tooSlow({ bodyTimeMs }: BodyLimits): AppError {
  return new AppError("request_timeout", `The body must arrive within ${bodyTimeMs} ms`);
}
