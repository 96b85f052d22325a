import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { AppError, quote } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import { checkKey } from "../key.ts";
import {
  type BlobContent,
  type BlobInfo,
  type BlobStore,
  type ByteRange,
  checkContentType,
  type CopyOptions,
  noSuchUpload,
  type PartialUpload,
  type PresignedRequest,
  type PresignGetOptions,
  type PresignPutOptions,
  type PutOptions,
  resolveRange,
} from "../blob_store.ts";
import { partsOf } from "./part_stream.ts";
import { isRefusal, type S3Config, S3Connection } from "./connection.ts";
import { S3Multipart } from "./multipart.ts";
import { S3Uploads, uploadTag } from "./uploads.ts";

const MIB = 1024 * 1024;
const MIN_PART_SIZE = 5 * MIB;

/**
 * Blobs as objects in a bucket. A body shorter than a part is stored with one PutObject, a longer
 * one with a multipart upload: both become visible in one step. Resumable uploads are in
 * `uploads.ts`.
 */
export class S3BlobStore implements BlobStore {
  readonly #connection: S3Connection;
  readonly #multipart: S3Multipart;
  readonly #uploads: S3Uploads;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #partSize: number;

  /** Connects on the first call. */
  constructor(config: S3Config) {
    this.#bucket = config.bucket;
    this.#prefix = config.prefix ?? "";
    this.#partSize = config.partSize ?? 8 * MIB;
    if (this.#partSize < MIN_PART_SIZE) {
      throw new AppError(
        "invalid_request",
        `Cannot upload to S3 in parts of ${this.#partSize} bytes`,
      );
    }
    this.#connection = new S3Connection(config);
    this.#multipart = new S3Multipart(this.#connection, this.#bucket);
    const location = { bucket: this.#bucket, prefix: this.#prefix, partSize: this.#partSize };
    this.#uploads = new S3Uploads(this.#connection, location);
  }

  async put(
    key: string,
    body: ReadableStream<Uint8Array>,
    options: PutOptions,
  ): Promise<BlobInfo> {
    checkKey(key);
    checkContentType(options.contentType);
    const parts = partsOf(body, this.#partSize);
    try {
      const first = await parts.next();
      // The second step tells whether the first part was the whole body, or throws the body's
      // error.
      const second = await parts.next();
      if (second.done) return await this.#putWhole(key, first.value ?? new Uint8Array(), options);
      return await this.#putParts(key, [first.value, second.value], parts, options);
    } finally {
      await parts.return(undefined);
    }
  }

  async get(key: string, range?: ByteRange): Promise<BlobContent | null> {
    // An impossible range is rejected here: S3 would ignore it and return everything.
    if (range) resolveRange(range, Infinity);
    const request = {
      ...this.#name(key),
      Range: range && `bytes=${range.start}-${range.end}`,
    };
    try {
      const found = await this.#connection.callOrNull((s3) => s3.getObject(request));
      return found && contentOf(key, found);
    } catch (error) {
      if (!range || !isRefusal(error, 416)) throw error;
      const text = quote(`${range.start}-${range.end}`);
      throw new AppError("range_not_satisfiable", `Cannot read the range ${text} of ${key}`);
    }
  }

  async head(key: string): Promise<BlobInfo | null> {
    const found = await this.#head(key);
    return found && found.info;
  }

  async delete(key: string): Promise<void> {
    const name = this.#name(key);
    await this.#connection.callOrNull((s3) => s3.deleteObject(name));
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<BlobInfo> {
    const { contentType, ifMatch } = options;
    const target = this.#name(to);
    const CopySource = `${this.#bucket}/${this.#name(from).Key}`;
    const type = contentType === undefined
      ? {}
      : { MetadataDirective: "REPLACE" as const, ContentType: checkContentType(contentType) };
    try {
      await this.#connection.call((s3) =>
        s3.copyObject({ ...target, CopySource, CopySourceIfMatch: ifMatch, ...type })
      );
    } catch (error) {
      if (isRefusal(error, 404)) {
        throw new AppError("not_found", `Cannot copy ${from}: there is no such blob`);
      }
      if (!isRefusal(error, 412)) throw error;
      throw new AppError("precondition_failed", `Cannot copy ${from}: it has changed`);
    }
    const info = await this.head(to);
    if (!info) {
      throw new AppError("conflict", `Cannot copy to ${to}: the copy was deleted meanwhile`);
    }
    return info;
  }

  createUpload(key: string, options: PutOptions): Promise<PartialUpload> {
    return this.#uploads.create(key, options);
  }

  uploadOffset(upload: PartialUpload): Promise<number | null> {
    return this.#uploads.offset(upload);
  }

  appendUpload(
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number> {
    return this.#uploads.append(upload, offset, body);
  }

  /**
   * Returns the blob that this upload became, now or before: its metadata contains the upload's
   * tag.
   */
  async completeUpload(upload: PartialUpload): Promise<BlobInfo> {
    await this.#uploads.complete(upload);
    const found = await this.#head(upload.key);
    if (!found || found.tag !== uploadTag(upload)) throw noSuchUpload(upload);
    return found.info;
  }

  abortUpload(upload: PartialUpload): Promise<void> {
    return this.#uploads.abort(upload);
  }

  sweep(before: number): Promise<number> {
    return this.#uploads.sweep(before);
  }

  async presignPut(key: string, options: PresignPutOptions): Promise<PresignedRequest> {
    const { contentType, contentLength, expiresIn } = options;
    const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
    const { sdk, s3 } = await this.#connection.openSigner();
    const command = new sdk.PutObjectCommand({
      ...this.#name(key),
      ContentType: checkContentType(contentType),
      ContentLength: contentLength,
    });
    const signableHeaders = new Set(["content-type", "content-length"]);
    const url = await getSignedUrl(s3, command, { expiresIn, signableHeaders });
    const headers = { "content-type": contentType, "content-length": `${contentLength}` };
    return { method: "PUT", url, headers };
  }

  async presignGet(key: string, options: PresignGetOptions): Promise<string> {
    const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
    const { sdk, s3 } = await this.#connection.openSigner();
    const command = new sdk.GetObjectCommand({
      ...this.#name(key),
      ResponseContentType: options.contentType,
      ResponseContentDisposition: options.contentDisposition,
    });
    return await getSignedUrl(s3, command, { expiresIn: options.expiresIn });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #putWhole(key: string, body: Uint8Array, options: PutOptions): Promise<BlobInfo> {
    const { contentType } = options;
    const request = {
      ...this.#name(key),
      Body: body,
      ContentType: contentType,
      Metadata: { upload: newId() },
    };
    const { ETag } = await this.#connection.call((s3) => s3.putObject(request));
    return { key, size: body.byteLength, contentType, etag: ETag! };
  }

  async #putParts(
    key: string,
    firstParts: Uint8Array[],
    rest: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<BlobInfo> {
    const multipart = await this.#multipart.create(this.#name(key).Key, options, newId());
    const parts: Awaited<ReturnType<S3Multipart["putPart"]>>[] = [];
    let size = 0;
    const send = async (bytes: Uint8Array) => {
      parts.push(await this.#multipart.putPart(multipart, parts.length + 1, bytes));
      size += bytes.byteLength;
    };
    try {
      while (firstParts.length > 0) await send(firstParts.shift()!);
      for await (const bytes of rest) await send(bytes);
      const etag = await this.#multipart.complete(multipart, parts);
      return { key, size, contentType: options.contentType, etag };
    } catch (error) {
      // If this fails too, the sweep finds the upload.
      await this.#multipart.abort(multipart).catch(() => {});
      throw error;
    }
  }

  async #head(key: string): Promise<{ info: BlobInfo; tag?: string } | null> {
    const name = this.#name(key);
    const found = await this.#connection.callOrNull((s3) => s3.headObject(name));
    if (!found) return null;
    return { info: infoOf(key, found.ContentLength!, found), tag: found.Metadata?.upload };
  }

  #name(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + checkKey(key) };
  }
}

function infoOf(
  key: string,
  size: number,
  found: { ContentType?: string; ETag?: string },
): BlobInfo {
  const contentType = found.ContentType ?? "application/octet-stream";
  return { key, size, contentType, etag: found.ETag! };
}

/** Reads the total size from `Content-Range: bytes 0-9/100` if present, else from the length. */
function contentOf(key: string, found: GetObjectCommandOutput): BlobContent {
  const match = found.ContentRange?.match(/^bytes (\d+)-(\d+)\/(\d+)$/);
  const size = match ? Number(match[3]) : found.ContentLength!;
  const range = match ? { start: Number(match[1]), end: Number(match[2]) } : undefined;
  return {
    info: infoOf(key, size, found),
    range: resolveRange(range, size),
    body: found.Body!.transformToWebStream() as ReadableStream<Uint8Array>,
  };
}
