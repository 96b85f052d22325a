import type { Tracks } from "./tracks_webm.ts";

/** Reads `length` bytes at `offset`, fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

interface Box {
  type: string;
  /** Start of the box's content. */
  start: number;
  end: number;
}

/**
 * Maximum number of boxes to read; the brand decides the type of a file with its tracks behind more
 * boxes.
 */
const MAX_BOXES = 64;
const WINDOW_BYTES = 2048;

/**
 * Finds the kinds of the tracks in an ISO base media file (ISO/IEC 14496-12: the handler in
 * moov/trak/mdia/hdlr). The movie box may come after the data: Android's MediaRecorder writes it
 * last.
 */
export async function mp4Tracks(read: ReadAt, size: number): Promise<Tracks> {
  const walker = new BoxWalker(read);
  const handlers: string[] = [];
  for await (const moov of walker.boxes(0, size)) {
    if (moov.type !== "moov") continue;
    for await (const trak of walker.boxes(moov.start, moov.end)) {
      if (trak.type === "trak") handlers.push(await walker.handlerOf(trak));
      if (handlers.at(-1) === "vide") return "video";
    }
    return !walker.isExhausted && handlers.includes("soun") ? "audio" : null;
  }
  return null;
}

class BoxWalker {
  #left = MAX_BOXES;
  #window: Uint8Array = new Uint8Array();
  #windowAt = 0;

  constructor(private readonly read: ReadAt) {}

  get isExhausted(): boolean {
    return this.#left <= 0;
  }

  async *boxes(start: number, end: number): AsyncIterable<Box> {
    for (let at = start; at + 8 <= end && this.#left-- > 0;) {
      const header = await this.#bytes(at, 16);
      if (header.length < 8) return;
      const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
      const type = String.fromCharCode(...header.subarray(4, 8));
      const short = view.getUint32(0);
      const isLong = short === 1 && header.length === 16;
      const length = short === 0 ? end - at : isLong ? Number(view.getBigUint64(8)) : short;
      if (length < (isLong ? 16 : 8)) return;
      yield { type, start: at + (isLong ? 16 : 8), end: Math.min(end, at + length) };
      at += length;
    }
  }

  async handlerOf(trak: Box): Promise<string> {
    for await (const mdia of this.boxes(trak.start, trak.end)) {
      if (mdia.type !== "mdia") continue;
      for await (const hdlr of this.boxes(mdia.start, mdia.end)) {
        if (hdlr.type !== "hdlr") continue;
        // Skips version, flags and a field that is always zero.
        return String.fromCharCode(...await this.#bytes(hdlr.start + 8, 4));
      }
    }
    return "";
  }

  async #bytes(at: number, length: number): Promise<Uint8Array> {
    const from = at - this.#windowAt;
    if (from < 0 || from + length > this.#window.length) {
      this.#window = await this.read(at, WINDOW_BYTES);
      this.#windowAt = at;
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(from, from + length);
  }
}
