import type { Clock } from "../core/clock.ts";
import { AppError, notFound, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Media, TusDetails } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore, PartialUpload } from "./blobs/blob_store.ts";
import { byteLimitStream } from "./byte_limit_stream.ts";
import { type Checksum, checksumStream } from "./checksum_stream.ts";
import { detectFileType, HEAD_SIZE } from "./file_type.ts";
import type { Leases } from "./lease.ts";
import type { MediaIntake } from "./media_intake.ts";
import {
  checkSize,
  checkType,
  CIPHERTEXT,
  fileKey,
  largestLimit,
  type MediaLimits,
  stagingKey,
} from "./media_rules.ts";
import { peekStream } from "./peek_stream.ts";
import { stallGuarded } from "./stall_guard_stream.ts";
import type { UploadTarget } from "./upload_target.ts";

export interface NewUpload {
  name: string;
  /** For a final upload, the total size of its parts. */
  size: number;
  chatId?: string;
  tus?: TusDetails;
  /** Ids of the partial uploads that a final upload consists of. */
  parts?: string[];
}

export interface UploadState {
  media: Media;
  offset: number;
}

export interface AppendInput {
  offset: number;
  body: ReadableStream<Uint8Array>;
  checksum?: Checksum | null;
}

export interface ResumableUploadOptions {
  store: Pick<Store, "media">;
  blobs: BlobStore;
  intake: MediaIntake;
  target: UploadTarget;
  leases: Leases;
  clock: Clock;
  limits: MediaLimits;
  /** Called with the number of bytes that a request added. */
  onAppended(bytes: number): void;
  /** Called with the key of bytes that should be there and are not. */
  onMissing(key: string): void;
}

/**
 * Uploads that arrive in pieces and can be continued after an interruption, on any instance: for
 * tus.
 */
export class ResumableUploads {
  readonly #options: ResumableUploadOptions;

  constructor(options: ResumableUploadOptions) {
    this.#options = options;
  }

  get maxSize(): number {
    return largestLimit(this.#options.limits);
  }

  /** An empty upload is finished immediately, because no client would send bytes for it. */
  async create(ownerId: string, { parts, ...upload }: NewUpload): Promise<Media> {
    if (parts) return await this.#concatenate(ownerId, upload, parts);
    const media = await this.#begin(ownerId, upload);
    return upload.size === 0
      ? await this.#alone(ownerId, media.id, (own) => this.#end(own))
      : media;
  }

  async #begin(ownerId: string, { name, size, chatId, tus }: NewUpload): Promise<Media> {
    const { blobs, intake, target } = this.#options;
    if (size > this.maxSize) {
      const message = `The file has ${size} bytes, at most ${this.maxSize} are allowed`;
      throw new AppError("payload_too_large", message);
    }
    const encrypted = await target.isEncrypted(ownerId, chatId);
    const id = newId();
    const contentType = CIPHERTEXT.contentType;
    const { key, id: handle } = await blobs.createUpload(fileKey(id), { contentType });
    const upload = { method: "tus" as const, key, id: handle };
    try {
      return await intake.begin({ id, ownerId, name, size, encrypted, upload, tus });
    } catch (error) {
      await blobs.abortUpload(upload);
      throw error;
    }
  }

  /**
   * Copies the bytes of partial uploads, all of which must be complete, into one upload and
   * finishes it; the parts are deleted. Until then both count towards the owner's quota.
   */
  async #concatenate(ownerId: string, upload: NewUpload, parts: string[]): Promise<Media> {
    const rows = await Promise.all(parts.map((id) => this.#wholePart(ownerId, id)));
    const size = rows.reduce((sum, row) => sum + row.size, 0);
    const media = await this.#begin(ownerId, { ...upload, size });
    const { blobs, intake } = this.#options;
    const finished = await this.#alone(ownerId, media.id, async (own) => {
      let offset = 0;
      for (const part of rows) {
        const content = await blobs.get(fileKey(part.id));
        if (!content) throw notFound("upload", part.id);
        offset = await blobs.appendUpload(tusUpload(own), offset, content.body);
      }
      return await this.#finish(own);
    });
    for (const part of rows) await intake.discard(part);
    return finished;
  }

  async #wholePart(ownerId: string, id: string): Promise<Media> {
    const media = await this.#own(ownerId, id);
    if (media.status !== "pending" || !isPartial(media)) throw notFound("partial upload", id);
    const { offset } = await this.#stateOf(media);
    if (offset === media.size) return media;
    const message = `Cannot concatenate: ${offset} of ${media.size} bytes of ${id} have arrived`;
    throw new AppError("conflict", message);
  }

  async state(ownerId: string, id: string): Promise<UploadState> {
    return await this.#stateOf(await this.#own(ownerId, id));
  }

  /** A finished upload is at its end: a client that missed the last response learns it this way. */
  async #stateOf(media: Media): Promise<UploadState> {
    if (media.status === "ready") return { media, offset: media.size };
    const { blobs } = this.#options;
    const offset = await blobs.uploadOffset(tusUpload(media)) ??
      (await blobs.head(fileKey(media.id)))?.size;
    if (offset !== undefined) return { media, offset };
    throw this.#missing(media.id);
  }

  /** Also where another instance began the upload on a separate disk. */
  #missing(id: string): AppError {
    this.#options.onMissing(fileKey(id));
    return new AppError(
      "not_found",
      `The bytes of the upload ${quote(id)} are not here: begin again`,
    );
  }

  /**
   * Returns the new offset; the last bytes finish the upload, which its rules may reject then. With
   * a checksum, mismatching bytes are not appended, and none are appended before all have arrived.
   */
  async append(
    ownerId: string,
    id: string,
    { offset, body, checksum }: AppendInput,
  ): Promise<UploadState> {
    return await this.#alone(ownerId, id, async (media) => {
      if (media.tus?.concat.startsWith("final")) {
        throw new AppError(
          "forbidden",
          "Cannot add to this upload: it consists of partial uploads",
        );
      }
      const upload = tusUpload(media);
      const guarded = stallGuarded(body, this.#options.limits.uploadTimeMs);
      const isHead = offset === 0 && !isPartial(media);
      const checked = isHead ? await this.#checkHead(media, guarded) : guarded;
      const limited = checked.pipeThrough(byteLimitStream(media.size - offset));
      const reached = checksum
        ? await this.#appendChecked(media, offset, limited, checksum)
        : await this.#append(id, upload, offset, limited);
      this.#options.onAppended(reached - offset);
      await this.#postpone(media);
      if (reached < media.size) return { media, offset: reached };
      return { media: await this.#end(media), offset: reached };
    });
  }

  async #append(
    id: string,
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number> {
    try {
      return await this.#options.blobs.appendUpload(upload, offset, body);
    } catch (error) {
      const isMissing = error instanceof AppError && error.code === "not_found";
      throw isMissing ? this.#missing(id) : error;
    }
  }

  /** Writes to a temporary blob first, because appended bytes cannot be removed. */
  async #appendChecked(
    media: Media,
    offset: number,
    body: ReadableStream<Uint8Array>,
    checksum: Checksum,
  ): Promise<number> {
    const { blobs } = this.#options;
    const upload = tusUpload(media);
    const { contentType } = CIPHERTEXT;
    const key = stagingKey(media.id);
    try {
      await blobs.put(key, body.pipeThrough(checksumStream(checksum)), { contentType });
      const content = await blobs.get(key);
      return await blobs.appendUpload(upload, offset, content!.body);
    } finally {
      await blobs.delete(key);
    }
  }

  /** Repeats the last step of an upload whose bytes have all arrived, for example after a crash. */
  async complete(ownerId: string, id: string): Promise<Media> {
    return await this.#alone(ownerId, id, async (media) => {
      if (media.status === "ready") return media;
      const { offset } = await this.#stateOf(media);
      if (offset === media.size && !isPartial(media)) return await this.#finish(media);
      const message = `Cannot finish the upload: ${offset} of ${media.size} bytes have arrived`;
      throw new AppError("conflict", message);
    });
  }

  async terminate(ownerId: string, id: string): Promise<void> {
    await this.#alone(ownerId, id, async (media) => {
      tusUpload(media);
      await this.#options.intake.discard(media);
    });
  }

  /** The bytes of a partial upload are kept until a final upload uses them. */
  async #end(media: Media): Promise<Media> {
    if (!isPartial(media)) return await this.#finish(media);
    await this.#options.blobs.completeUpload(tusUpload(media));
    return media;
  }

  async #finish(media: Media): Promise<Media> {
    try {
      await this.#options.blobs.completeUpload(tusUpload(media));
      return await this.#options.intake.finish(media, fileKey(media.id));
    } catch (error) {
      // Sending more bytes cannot fix an upload that the rules reject.
      if (error instanceof AppError && error.code !== "unavailable") {
        await this.#options.intake.discard(media);
      }
      throw error;
    }
  }

  /** Rejects with the first bytes what would be rejected at the end. */
  async #checkHead(media: Media, body: ReadableStream<Uint8Array>) {
    if (media.encrypted) return body;
    const { head, body: whole } = await peekStream(body, HEAD_SIZE);
    const type = detectFileType(head);
    try {
      checkType(type);
      checkSize(media.size, type, this.#options.limits);
    } catch (error) {
      await whole.cancel().catch(() => {});
      if (head.byteLength >= Math.min(HEAD_SIZE, media.size)) {
        await this.#options.intake.discard(media);
      }
      throw error;
    }
    return whole;
  }

  async #postpone(media: Media): Promise<void> {
    const checkAt = this.#options.clock.now() + this.#options.limits.unusedMediaMs;
    await this.#options.store.media.update(media.id, "pending", { checkAt });
  }

  async #alone<T>(ownerId: string, id: string, work: (media: Media) => Promise<T>): Promise<T> {
    await this.#own(ownerId, id);
    const result = await this.#options.leases.hold(`upload:${id}`, async () => {
      return await work(await this.#own(ownerId, id));
    });
    if (result) return result.value;
    throw new AppError("conflict", "Cannot continue the upload: another request is in progress", {
      retryAfter: 1,
    });
  }

  async #own(ownerId: string, id: string): Promise<Media> {
    const media = await this.#options.store.media.byId(id);
    if (media?.ownerId === ownerId && media.status !== "deleting") return media;
    throw notFound("upload", id);
  }
}

function isPartial(media: Media): boolean {
  return media.tus?.concat === "partial";
}

function tusUpload(media: Media) {
  if (media.upload?.method === "tus") return media.upload;
  throw notFound("upload", media.id);
}
