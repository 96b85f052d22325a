import { AppError, quote } from "../../core/errors.ts";

/**
 * Stores the bytes of media: on a local disk, or in S3 and compatible servers.
 *
 * Guarantees of both adapters:
 * - Nothing is visible under a key until all of it is written and durable; a body that fails, or a
 *   process that dies, leaves the key unchanged.
 * - Bodies are streams, and memory does not grow with their size: an adapter holds at most two
 *   parts (`partSize` each) of one body at a time.
 * - An error of the body itself (a client that disconnected, an exceeded limit) is rethrown
 *   unchanged. A store that is unreachable or full throws `unavailable`.
 * - Keys are validated (`checkKey`); an invalid key throws `invalid_request`.
 */
export interface BlobStore {
  /** Stores the whole body, replacing an existing blob. */
  put(key: string, body: ReadableStream<Uint8Array>, options: PutOptions): Promise<BlobInfo>;

  /**
   * Returns the bytes, or null if there are none. With a range, returns only that range; a range
   * that starts at or past the end throws `range_not_satisfiable`. The caller must read the body to
   * its end or cancel it, because it holds a file or a connection. A blob that is replaced or
   * deleted meanwhile is still read in its old state.
   */
  get(key: string, range?: ByteRange): Promise<BlobContent | null>;

  head(key: string): Promise<BlobInfo | null>;

  /** Deleting a missing blob succeeds. */
  delete(key: string): Promise<void>;

  /**
   * Copies within the store; `contentType` replaces the source's. Throws `not_found` without a
   * source, and `precondition_failed` if `ifMatch` is not the source's etag: this ensures that the
   * content checked under one key (to which a presigned URL may still write) is the content copied
   * to the other. At most 5 GiB, which is S3's limit (CopyObject).
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<BlobInfo>;

  /**
   * Starts an upload that arrives in pieces and survives restarts of the process; see
   * `PartialUpload`.
   */
  createUpload(key: string, options: PutOptions): Promise<PartialUpload>;

  /** Returns the number of bytes stored durably, or null if there is no such upload (any more). */
  uploadOffset(upload: PartialUpload): Promise<number | null>;

  /**
   * Appends the body at `offset` and returns the new offset. Throws `conflict` if `offset` is not
   * the upload's, or while another append to it is in progress in this process (the caller must
   * prevent that across instances), and `not_found` without the upload. If the body fails, the
   * bytes received until then are kept and the body's error is thrown: `uploadOffset` returns where
   * to continue.
   */
  appendUpload(
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number>;

  /**
   * Makes the received bytes visible under the upload's key and ends the upload. Repeating it, for
   * example after a crash, returns the result again; throws `not_found` if the upload is neither in
   * progress nor complete.
   */
  completeUpload(upload: PartialUpload): Promise<BlobInfo>;

  /** Deletes the upload and its bytes. Does nothing to an upload that has ended. */
  abortUpload(upload: PartialUpload): Promise<void>;

  /**
   * Removes the remains of puts and uploads that died: everything partial that has received nothing
   * since `before` (epoch ms). Returns their number. Never touches blobs.
   */
  sweep(before: number): Promise<number>;

  /**
   * Returns a PUT request that any holder of the URL may send, any number of times until it
   * expires, with exactly the given headers; null if the store is not reachable over HTTP. Type and
   * length are signed.
   */
  presignPut(key: string, options: PresignPutOptions): Promise<PresignedRequest | null>;

  /**
   * Returns a URL that serves the bytes, with Range, until it expires; null as for `presignPut`.
   */
  presignGet(key: string, options: PresignGetOptions): Promise<string | null>;

  /** Closes connections. */
  close(): Promise<void>;
}

export interface PutOptions {
  /** Stored with the bytes; at most 127 characters of printable ASCII. */
  contentType: string;
}

export interface CopyOptions {
  contentType?: string;
  ifMatch?: string;
}

export interface BlobInfo {
  key: string;
  /** Size in bytes. */
  size: number;
  contentType: string;
  /** A strong entity tag, quotes included: another body has another tag. */
  etag: string;
}

/**
 * Both ends inclusive, counted from 0, as in HTTP (RFC 9110, section 14.1.2). An `end` past the
 * last byte means the last byte.
 */
export interface ByteRange {
  start: number;
  end: number;
}

export interface BlobContent {
  /** Describes the whole blob, whatever the range. */
  info: BlobInfo;
  /** The range that the body contains, or null for an empty blob. */
  range: ByteRange | null;
  body: ReadableStream<Uint8Array>;
}

/**
 * Handle of an upload in progress. The caller keeps it (both fields are plain text), the store
 * keeps the bytes.
 */
export interface PartialUpload {
  key: string;
  id: string;
}

export interface PresignPutOptions {
  contentType: string;
  /** Exact length in bytes. */
  contentLength: number;
  /** Seconds. */
  expiresIn: number;
}

export interface PresignGetOptions {
  /** Seconds. */
  expiresIn: number;
  /** Headers of the response, instead of the stored values. */
  contentType?: string;
  contentDisposition?: string;
}

export interface PresignedRequest {
  method: "PUT";
  url: string;
  /** Must be sent unchanged, or the signature does not match. */
  headers: Record<string, string>;
}

/** Returns the part of `range` that a blob of `size` bytes has. */
export function resolveRange(range: ByteRange | undefined, size: number): ByteRange | null {
  if (range === undefined) return size === 0 ? null : { start: 0, end: size - 1 };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || start < 0 || start >= size || end < start) {
    const text = quote(`${start}-${end}`);
    throw new AppError("range_not_satisfiable", `Cannot read the range ${text} of ${size} bytes`);
  }
  return { start, end: Math.min(end, size - 1) };
}

/**
 * Returns the type, or throws `invalid_request`: it is used in headers and must not break out of
 * them.
 */
export function checkContentType(contentType: string): string {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,126}$/.test(contentType)) {
    throw new AppError("invalid_request", `Cannot store a blob as ${quote(contentType)}`);
  }
  return contentType;
}

export function noSuchUpload(upload: PartialUpload): AppError {
  return new AppError("not_found", `There is no upload ${quote(upload.id)} in progress`);
}

export function wrongOffset(given: number, actual: number): AppError {
  const message = `Cannot append at the offset ${quote(given)}: the upload is at ${actual}`;
  return new AppError("conflict", message);
}
