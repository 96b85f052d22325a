import { AppError, quote } from "../../core/errors.ts";

/**
 * Where the bytes of media are: on a local disk, or in S3 and what speaks its protocol.
 *
 * What both adapters promise:
 * - Nothing is visible under a key until all of it is there and durable; a body that fails, or a
 *   process that dies, leaves the key as it was.
 * - Bodies are streams, and memory does not grow with them: an adapter holds at most two parts
 *   (`partSize` each) of one body at a time.
 * - An error of the body's own (a client that went away, a limit that was passed) is thrown on
 *   unchanged. A store that cannot be reached or is full throws `unavailable`.
 * - Keys are checked (`checkKey`); a bad one throws `invalid_request`.
 */
export interface BlobStore {
  /** Stores the whole body, replacing what was there. */
  put(key: string, body: ReadableStream<Uint8Array>, options: PutOptions): Promise<BlobInfo>;

  /**
   * The bytes, or null if there are none. With a range, those of the range only; one that starts at
   * or past the end throws `range_not_satisfiable`. Read the body to its end or cancel it: it holds a
   * file or a connection. A blob that is replaced or deleted meanwhile is still read as it was.
   */
  get(key: string, range?: ByteRange): Promise<BlobContent | null>;

  head(key: string): Promise<BlobInfo | null>;

  /** What is not there is deleted already. */
  delete(key: string): Promise<void>;

  /**
   * Copies within the store; `contentType` replaces the source's. Throws `not_found` without a source,
   * and `precondition_failed` if `ifMatch` is not the source's etag: so what was checked under one key
   * (to which a presigned URL may still write) is what is kept under the other. At most 5 GiB, which is
   * S3's limit (CopyObject).
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<BlobInfo>;

  /** Starts an upload that comes in pieces and outlives the process; see `PartialUpload`. */
  createUpload(key: string, options: PutOptions): Promise<PartialUpload>;

  /** How many bytes have arrived for good, or null if there is no such upload (any more). */
  uploadOffset(upload: PartialUpload): Promise<number | null>;

  /**
   * Appends the body at `offset` and answers the new offset. Throws `conflict` if `offset` is not the
   * upload's, or while another append of it is under way here (between instances it is for the caller
   * to see to that), and `not_found` without the upload. When the body fails, what had arrived until then
   * is kept, and the body's error is thrown: ask `uploadOffset` where to go on.
   */
  appendUpload(
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number>;

  /**
   * Makes what has arrived visible under the upload's key and ends the upload. Repeating it, after a
   * crash say, answers the same; `not_found` if the upload is neither under way nor complete.
   */
  completeUpload(upload: PartialUpload): Promise<BlobInfo>;

  /** Forgets the upload and its bytes. One that has ended is left as it is. */
  abortUpload(upload: PartialUpload): Promise<void>;

  /**
   * Removes what puts and uploads that died have left: everything partial that has received nothing
   * since `before` (epoch ms). Answers how many there were. Blobs are never touched.
   */
  sweep(before: number): Promise<number>;

  /**
   * A PUT that whoever holds the URL may send once or more until it expires, with exactly the headers
   * given; null where the store has no HTTP face. Type and length are signed.
   */
  presignPut(key: string, options: PresignPutOptions): Promise<PresignedRequest | null>;

  /** A URL that gives the bytes until it expires, with Range; null as with `presignPut`. */
  presignGet(key: string, options: PresignGetOptions): Promise<string | null>;

  /** Lets go of connections. */
  close(): Promise<void>;
}

export interface PutOptions {
  /** Kept beside the bytes; at most 127 characters of printable ASCII. */
  contentType: string;
}

export interface CopyOptions {
  contentType?: string;
  ifMatch?: string;
}

export interface BlobInfo {
  key: string;
  /** Bytes. */
  size: number;
  contentType: string;
  /** An entity tag with its quotes, strong: another body has another. */
  etag: string;
}

/** Both inclusive, counted from 0, as in HTTP (RFC 9110, section 14.1.2). An `end` past the last byte means the last. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface BlobContent {
  /** Of the whole blob, whatever the range. */
  info: BlobInfo;
  /** What the body holds, or null for a blob without bytes. */
  range: ByteRange | null;
  body: ReadableStream<Uint8Array>;
}

/** The handle of an upload under way. The caller keeps it (both fields are plain text), the store keeps the bytes. */
export interface PartialUpload {
  key: string;
  id: string;
}

export interface PresignPutOptions {
  contentType: string;
  /** Bytes, exactly. */
  contentLength: number;
  /** Seconds. */
  expiresIn: number;
}

export interface PresignGetOptions {
  /** Seconds. */
  expiresIn: number;
  /** The answer's headers, whatever was stored. */
  contentType?: string;
  contentDisposition?: string;
}

export interface PresignedRequest {
  method: "PUT";
  url: string;
  /** To be sent as they are, or the signature does not match. */
  headers: Record<string, string>;
}

/** The part of `range` that a blob of `size` bytes has. */
export function resolveRange(range: ByteRange | undefined, size: number): ByteRange | null {
  if (range === undefined) return size === 0 ? null : { start: 0, end: size - 1 };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || start < 0 || start >= size || end < start) {
    const text = quote(`${start}-${end}`);
    throw new AppError("range_not_satisfiable", `Cannot read the range ${text} of ${size} bytes`);
  }
  return { start, end: Math.min(end, size - 1) };
}

/** Answers the type, or throws `invalid_request`: it goes into headers and must not break out of them. */
export function checkContentType(contentType: string): string {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,126}$/.test(contentType)) {
    throw new AppError("invalid_request", `Cannot store a blob as ${quote(contentType)}`);
  }
  return contentType;
}

export function noSuchUpload(upload: PartialUpload): AppError {
  return new AppError("not_found", `There is no upload ${quote(upload.id)} under way`);
}

export function wrongOffset(given: number, actual: number): AppError {
  const message = `Cannot append at the offset ${quote(given)}: the upload is at ${actual}`;
  return new AppError("conflict", message);
}
