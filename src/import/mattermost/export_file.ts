import type { MattermostLine } from "./export_types.ts";

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;
/** Lines that are kept, since a post and its replies are one line. */
const KEPT = 256;

/** The place of a line in the file. */
export interface LinePlace {
  offset: number;
  bytes: number;
}

/** A bulk export, whose lines are read in the order of the file and then again one by one. */
export class MattermostExportFile {
  readonly #kept = new Map<number, MattermostLine>();
  readonly #decoder = new TextDecoder();

  private constructor(private readonly file: Deno.FsFile) {}

  static async open(path: string): Promise<MattermostExportFile> {
    return new MattermostExportFile(await Deno.open(path));
  }

  /** Throws an Error that names the line. */
  async *lines(): AsyncGenerator<{ line: MattermostLine; place: LinePlace }> {
    let parts: Uint8Array[] = [], start = 0, end = 0, number = 0;
    for await (const chunk of this.#chunks()) {
      for (let from = 0; from < chunk.length;) {
        const newline = chunk.indexOf(NEWLINE, from);
        const to = newline < 0 ? chunk.length : newline + 1;
        parts.push(chunk.subarray(from, to));
        end += to - from;
        from = to;
        if (newline < 0) continue;
        number++;
        const line = this.#parsed(parts, number);
        if (line !== null) yield { line, place: { offset: start, bytes: end - start } };
        [parts, start] = [[], end];
      }
    }
    const line = this.#parsed(parts, number + 1);
    if (line !== null) yield { line, place: { offset: start, bytes: end - start } };
  }

  async at({ offset, bytes }: LinePlace): Promise<MattermostLine> {
    const kept = this.#kept.get(offset);
    if (kept) return kept;
    const buffer = new Uint8Array(bytes);
    await this.file.seek(offset, Deno.SeekMode.Start);
    for (let read = 0; read < bytes;) read += await this.file.read(buffer.subarray(read)) ?? bytes;
    const line: MattermostLine = JSON.parse(this.#decoder.decode(buffer));
    this.#kept.set(offset, line);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return line;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }

  #parsed(parts: readonly Uint8Array[], number: number): MattermostLine | null {
    const text = parts.map((part) => this.#decoder.decode(part, { stream: true })).join("") +
      this.#decoder.decode();
    if (text.trim() === "") return null;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`Cannot convert line ${number}: it is not JSON`, { cause });
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    await this.file.seek(0, Deno.SeekMode.Start);
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = await this.file.read(buffer);
      if (read === null) return;
      yield buffer.subarray(0, read);
    }
  }
}
