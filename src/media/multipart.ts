import { Buffer } from "node:buffer";
import { AppError } from "../core/errors.ts";

/**
 * One field or file of a form. Read `body` to its end, or ignore it, before requesting the next
 * part.
 */
export interface MultipartPart {
  name: string;
  /** Name given by the client; null for a field. */
  fileName: string | null;
  body: ReadableStream<Uint8Array>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const CRLF = "\r\n";

/** Returns the boundary of a `multipart/form-data` body, or throws `unsupported_media_type`. */
export function boundaryOf(contentType: string | null): string {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i
    .exec(contentType ?? "");
  const boundary = match?.[1] ?? match?.[2];
  // RFC 2046, section 5.1.1: 1 to 70 characters.
  if (boundary && boundary.length <= 70) return boundary;
  throw new AppError("unsupported_media_type", "The body must be multipart/form-data");
}

/**
 * Yields the parts of a form (RFC 7578) as they arrive. `Request.formData()` holds the whole body
 * in memory, which an upload must not. Throws `invalid_request` for a body that is malformed or
 * truncated.
 */
export async function* multipartParts(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): AsyncGenerator<MultipartPart> {
  const source = new DelimitedSource(body, `${CRLF}--${boundary}`);
  try {
    await source.skip();
    while (await source.hasNext()) {
      const headers = await source.headers();
      const part = source.part();
      yield { ...describe(headers), body: part };
      if (!source.atDelimiter) await source.skip();
    }
  } finally {
    await source.cancel();
  }
}

/**
 * Reads the bytes between occurrences of a delimiter. Holds at most one chunk and the delimiter's
 * length.
 */
class DelimitedSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #delimiter: Buffer;
  /** The first delimiter has no line break before it, so one is prepended. */
  #buffer: Buffer = Buffer.from(CRLF);
  atDelimiter = false;

  constructor(body: ReadableStream<Uint8Array>, delimiter: string) {
    this.#reader = body.getReader();
    this.#delimiter = Buffer.from(delimiter, "latin1");
  }

  cancel(): Promise<void> {
    return this.#reader.cancel().catch(() => {});
  }

  /** Called after a delimiter: true if a part follows, false at the end. */
  async hasNext(): Promise<boolean> {
    while (this.#buffer.length < 2) await this.#fill();
    if (this.#buffer.subarray(0, 2).equals(Buffer.from("--"))) return false;
    const end = await this.#find(CRLF);
    if (!/^[ \t]*$/.test(this.#buffer.toString("latin1", 0, end))) {
      throw malformed("text follows a boundary");
    }
    this.#buffer = this.#buffer.subarray(end);
    this.atDelimiter = false;
    return true;
  }

  async headers(): Promise<string> {
    const end = await this.#find(CRLF + CRLF);
    const text = this.#buffer.toString("utf8", 0, end);
    this.#buffer = this.#buffer.subarray(end + 4);
    return text;
  }

  part(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = await this.#next();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    }, { highWaterMark: 0 });
  }

  /** Skips everything up to the next delimiter. */
  async skip(): Promise<void> {
    while (await this.#next()) { /* dropped */ }
  }

  /** Returns the next bytes before the delimiter, or null once it is reached and consumed. */
  async #next(): Promise<Uint8Array | null> {
    while (!this.atDelimiter) {
      const at = this.#buffer.indexOf(this.#delimiter);
      if (at === 0) {
        this.#buffer = this.#buffer.subarray(this.#delimiter.length);
        this.atDelimiter = true;
        break;
      }
      // Keeps back bytes that may be the beginning of a delimiter.
      const safe = at > 0 ? at : this.#buffer.length - this.#delimiter.length + 1;
      if (safe > 0) {
        const chunk = this.#buffer.subarray(0, safe);
        this.#buffer = this.#buffer.subarray(safe);
        return chunk;
      }
      await this.#fill();
    }
    return null;
  }

  async #find(text: string): Promise<number> {
    for (;;) {
      const at = this.#buffer.indexOf(text, 0, "latin1");
      if (at >= 0) return at;
      if (this.#buffer.length > MAX_HEADER_BYTES) throw malformed("a part's headers are too long");
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw malformed("it breaks off before its last boundary");
    this.#buffer = this.#buffer.length === 0
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.concat([this.#buffer, value]);
  }
}

function describe(headers: string): { name: string; fileName: string | null } {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1];
  const name = parameter(disposition, "name");
  if (name === null) throw malformed("a part has no name");
  return { name, fileName: extendedParameter(disposition) ?? parameter(disposition, "filename") };
}

/**
 * Browsers write quotes and line breaks in a name as %22, %0D and %0A; other clients escape with a
 * backslash.
 */
function parameter(disposition: string | undefined, name: string): string | null {
  const pattern = new RegExp(`(?:^|;)\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, "i");
  const match = pattern.exec(disposition ?? "");
  if (!match) return null;
  return (match[1]?.replace(/\\(["\\])/g, "$1") ?? match[2])
    .replace(/%22/g, '"').replace(/%0[da]/gi, " ");
}

/** RFC 8187, which RFC 7578 advises against and some clients send. */
function extendedParameter(disposition: string | undefined): string | null {
  const encoded = /;\s*filename\*=utf-8''([^\s;]+)/i.exec(disposition ?? "")?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

function malformed(reason: string): AppError {
  return new AppError("invalid_request", `Cannot read the form: ${reason}`);
}
