import type { Bytes } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";

/**
 * Reads the TLS presentation language as used by RFC 9420, section 2.1.
 *
 * Every fault is an `invalid_request` that names the field. Each read checks its bounds first and
 * moves forward, so the time is linear in the size of the input, whatever its content. Results are
 * views of the input and never copies: keeping one keeps the whole input in memory.
 */
export class TlsReader {
  readonly #bytes: Bytes;
  readonly #end: number;
  #at: number;

  constructor(bytes: Bytes, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get offset(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at === this.#end;
  }

  uint8(field: string): number {
    return this.#bytes[this.#take(1, field)];
  }

  uint16(field: string): number {
    return this.#number(2, field);
  }

  uint32(field: string): number {
    return this.#number(4, field);
  }

  uint64(field: string): bigint {
    return BigInt(this.uint32(field)) << 32n | BigInt(this.uint32(field));
  }

  /**
   * `opaque field<V>`: a length in the encoding of RFC 9000, section 16, followed by that number of
   * bytes.
   */
  opaque(field: string): Bytes {
    const length = this.#length(field);
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** `T field<V>`: the length counts bytes, and the last element must end exactly there. */
  vector<T>(field: string, read: (reader: TlsReader) => T): T[] {
    const length = this.#length(field);
    const start = this.#take(length, field);
    const inner = new TlsReader(this.#bytes, start, start + length);
    const items: T[] = [];
    while (!inner.done) items.push(read(inner));
    return items;
  }

  /** `optional<T>`: a presence octet of 0 or 1. */
  optional<T>(field: string, read: (reader: TlsReader) => T): T | undefined {
    const present = this.uint8(field);
    if (present > 1) throw malformed(field, `its presence octet is ${present}, not 0 or 1`);
    return present === 1 ? read(this) : undefined;
  }

  /**
   * Returns the bytes read since `offset`, for a signature or hash over exactly the bytes that were
   * sent.
   */
  since(offset: number): Bytes {
    return this.#bytes.subarray(offset, this.#at);
  }

  /** Refuses bytes after the end of the structure: two readers might interpret them differently. */
  finish(field: string): void {
    if (!this.done) throw malformed(field, `${this.#end - this.#at} bytes follow its end`);
  }

  /** 1, 2 or 4 bytes; RFC 9420 forbids the 8-byte form and any form longer than necessary. */
  #length(field: string): number {
    const first = this.uint8(field);
    const form = first >> 6;
    if (form === 3) throw malformed(field, "its length has the forbidden 8-byte form");
    let length = first & 0x3f;
    const more = (1 << form) - 1;
    for (let i = 0; i < more; i++) length = length * 256 + this.uint8(field);
    const least = form === 0 ? 0 : form === 1 ? 64 : 16384;
    if (length < least) throw malformed(field, `its length ${length} is not in its shortest form`);
    return length;
  }

  #number(width: number, field: string): number {
    const start = this.#take(width, field);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#bytes[start + i];
    return value;
  }

  #take(count: number, field: string): number {
    const left = this.#end - this.#at;
    if (count > left) throw malformed(field, `it needs ${count} bytes and ${left} are left`);
    const start = this.#at;
    this.#at += count;
    return start;
  }
}

/** Reads all of `bytes` as one structure. */
export function readWhole<T>(bytes: Bytes, field: string, read: (reader: TlsReader) => T): T {
  const reader = new TlsReader(bytes);
  const value = read(reader);
  reader.finish(field);
  return value;
}

/** Returns the error for every refused structure, for its encoding or its content. */
export function malformed(field: string, why: string): AppError {
  return new AppError("invalid_request", `Cannot read MLS ${field}: ${why}`);
}
