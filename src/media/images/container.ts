/** The container of an image is damaged or truncated. */
export class Damaged extends Error {}

/** Reads big-endian and little-endian numbers; throws `Damaged` past the end. */
export class ContainerReader {
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.#within(at, 1).getUint8(at);
  }

  u16(at: number): number {
    return this.#within(at, 2).getUint16(at);
  }

  u32(at: number): number {
    return this.#within(at, 4).getUint32(at);
  }

  u32le(at: number): number {
    return this.#within(at, 4).getUint32(at, true);
  }

  slice(start: number, end: number): Uint8Array {
    this.#within(start, end - start);
    return this.bytes.subarray(start, end);
  }

  /** Decodes Latin-1. */
  text(start: number, length: number): string {
    return String.fromCharCode(...this.slice(start, start + length));
  }

  #within(at: number, length: number): DataView {
    if (at < 0 || length < 0 || at + length > this.bytes.byteLength) {
      throw new Damaged(`it ends at byte ${this.bytes.byteLength}, before ${at + length}`);
    }
    return this.#view;
  }
}

/** A TIFF structure (Exif 2.32, section 4.5.2) whose only tag is the orientation. */
export function orientationTiff(orientation: number): Uint8Array<ArrayBuffer> {
  const header = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8];
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return Uint8Array.of(...header, 0, 1, ...entry, 0, 0, 0, 0);
}
