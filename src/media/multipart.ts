import { Buffer } from "node:buffer";
import { AppError } from "../core/errors.ts";

/** One field of a form, or one file. Read `body` to its end, or leave it, before asking for the next. */
export interface MultipartPart {
  name: string;
  /** As the client named it; null for a field. */
  fileName: string | null;
  body: ReadableStream<Uint8Array>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const CRLF = "\r\n";

/** The boundary of a `multipart/form-data` body, or `unsupported_media_type`. */
export function boundaryOf(contentType: string | null): string {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i
    .exec(contentType ?? "");
  const boundary = match?.[1] ?? match?.[2];
  // RFC 2046, section 5.1.1: 1 to 70 characters.
  if (boundary && boundary.length <= 70) return boundary;
  throw new AppError("unsupported_media_type", "The body must be multipart/form-data");
}

/**
 * The parts of a form (RFC 7578) as they arrive. `Request.formData()` holds the whole body in memory,
 * which an upload must not. Throws `invalid_request` for what is not well-formed or breaks off.
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

/** Bytes between occurrences of a delimiter. No more is held than one chunk and the delimiter's length. */
class DelimitedSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #delimiter: Buffer;
  /** The first delimiter has no line before it: it is given one. */
  #buffer: Buffer = Buffer.from(CRLF);
  atDelimiter = false;

  constructor(body: ReadableStream<Uint8Array>, delimiter: string) {
    this.#reader = body.getReader();
    this.#delimiter = Buffer.from(delimiter, "latin1");
  }

  cancel(): Promise<void> {
    return this.#reader.cancel().catch(() => {});
  }

  /** After a delimiter: whether a part follows, or the end. */
  async hasNext(): Promise<boolean> {
    while (this.#buffer.length < 2) await this.#fill();
    if (this.#buffer.subarray(0, 2).equals(Buffer.from("--"))) return false;
    const end = await this.#find(CRLF);
    if (!/^[ \t]*$/.test(this.#buffer.toString("latin1", 0, end))) {
      throw malformed("text stands after a boundary");
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

  /** Passes over everything up to the next delimiter. */
  async skip(): Promise<void> {
    while (await this.#next()) { /* dropped */ }
  }

  /** The next bytes before the delimiter, or null once it is reached, and passed. */
  async #next(): Promise<Uint8Array | null> {
    while (!this.atDelimiter) {
      const at = this.#buffer.indexOf(this.#delimiter);
      if (at === 0) {
        this.#buffer = this.#buffer.subarray(this.#delimiter.length);
        this.atDelimiter = true;
        break;
      }
      // What may be the beginning of a delimiter is kept back.
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

/** Browsers write quotes and line breaks in a name as %22, %0D and %0A; others escape by a backslash. */
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
  return new AppError("invalid_request", `The form cannot be read: ${reason}`);
}
