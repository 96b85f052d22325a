import { createHash, type Hash } from "node:crypto";

/** Bytes of a line; a longer one is refused, and never in memory. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface ReadLine {
  /** From 1. */
  number: number;
  /** Null for a line that is too long or no UTF-8. */
  text: string | null;
}

/** A position between two lines, and what is before it. */
export interface FilePosition {
  bytes: number;
  lines: number;
  /** SHA-256 of everything before, in hex. */
  sha256: string;
}

/** Reads the lines of a file one after the other. */
export class LineReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #hash: Hash = createHash("sha256");
  #bytes = 0;
  #lines = 0;

  private constructor(private readonly file: Deno.FsFile) {}

  static async open(path: string): Promise<LineReader> {
    return new LineReader(await Deno.open(path));
  }

  get position(): FilePosition {
    const sha256 = this.#hash.copy().digest("hex");
    return { bytes: this.#bytes, lines: this.#lines, sha256 };
  }

  /** Goes on at an earlier position if what was before it is the same; else stays at the start. */
  async resume(earlier: FilePosition): Promise<boolean> {
    const hash = createHash("sha256");
    for await (const chunk of this.#chunks(earlier.bytes)) hash.update(chunk);
    const isSame = hash.copy().digest("hex") === earlier.sha256;
    if (isSame) [this.#hash, this.#bytes, this.#lines] = [hash, earlier.bytes, earlier.lines];
    await this.file.seek(this.#bytes, Deno.SeekMode.Start);
    return isSame;
  }

  /** The position is behind the line that was returned last. Blank lines are left out. */
  async *lines(): AsyncGenerator<ReadLine> {
    let parts: Uint8Array[] = [], size = 0;
    const take = (part: Uint8Array): void => {
      this.#hash.update(part);
      this.#bytes += part.length;
      size += part.length;
      if (size <= MAX_LINE_BYTES) parts.push(part);
    };
    const finish = (): ReadLine => {
      const text = size <= MAX_LINE_BYTES ? this.#decode(parts) : null;
      [parts, size] = [[], 0];
      return { number: ++this.#lines, text };
    };
    for await (const chunk of this.#chunks()) {
      for (let from = 0; from < chunk.length;) {
        const end = chunk.indexOf(NEWLINE, from);
        take(chunk.subarray(from, end < 0 ? chunk.length : end + 1));
        from = end < 0 ? chunk.length : end + 1;
        if (end < 0) continue;
        const line = finish();
        if (line.text?.trim() !== "") yield line;
      }
    }
    if (size === 0) return;
    const line = finish();
    if (line.text?.trim() !== "") yield line;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }

  #decode(parts: Uint8Array[]): string | null {
    try {
      const text = parts.length === 1 ? this.#decoder.decode(parts[0]) : this.#joined(parts);
      return this.#lines === 0 ? text.replace(/^\ufeff/, "") : text;
    } catch {
      return null;
    }
  }

  #joined(parts: Uint8Array[]): string {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return this.#decoder.decode(bytes);
  }

  async *#chunks(max = Infinity): AsyncGenerator<Uint8Array> {
    for (let left = max; left > 0;) {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, left));
      const read = await this.file.read(buffer);
      if (read === null) return;
      left -= read;
      yield buffer.subarray(0, read);
    }
  }
}
