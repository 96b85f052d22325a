import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import { byteLimitStream } from "./byte_limit_stream.ts";
import { cleanFileName } from "./file_name.ts";
import { detectFileType, type FileType, HEAD_SIZE } from "./file_type.ts";
import type { ImageProcessor } from "./images/processor.ts";
import {
  checkSize,
  checkType,
  CIPHERTEXT,
  fileKey,
  limitOf,
  type MediaLimits,
  thumbnailKey,
} from "./media_rules.ts";
import { peekStream } from "./peek_stream.ts";
import { reservingStream } from "./reserving_stream.ts";
import { typeByTracks } from "./sound_only.ts";
import { quotaOf, withinQuota } from "./storage_quota.ts";
import { Sha256Stream } from "./sha256_stream.ts";

export interface NewMedia {
  id?: string;
  ownerId: string;
  name: string;
  encrypted: boolean;
  /** Declared size in bytes; 0 if unknown. */
  size?: number;
  upload?: Media["upload"];
  tus?: Media["tus"];
}

/** Bytes stored under the file's key. */
export interface StoredBytes {
  type: FileType;
  size: number;
  sha256: string;
}

/**
 * Milliseconds for which the row of a dead upload is kept: uploads in progress renew it more often.
 */
const PENDING_MS = 15 * 60_000;
const RENEW_MS = 5 * 60_000;

export interface MediaIntakeOptions {
  store: Pick<Store, "media">;
  blobs: BlobStore;
  images: ImageProcessor;
  clock: Clock;
  limits: MediaLimits;
}

/**
 * Turns bytes into an upload that can be sent: detects its type, enforces the limits, hashes it,
 * and strips the metadata of images. The row is created first, as `pending`, so that the sweeper
 * finds what a crash leaves behind.
 */
export class MediaIntake {
  constructor(private readonly options: MediaIntakeOptions) {}

  async begin({ id = newId(), ownerId, name, encrypted, size = 0, upload, tus }: NewMedia) {
    const now = this.options.clock.now();
    const media: Media = {
      id,
      ownerId,
      blobId: id,
      status: "pending",
      kind: "file",
      type: CIPHERTEXT.contentType,
      name: cleanFileName(name),
      size,
      width: null,
      height: null,
      thumbHash: null,
      thumbnailSize: null,
      encrypted,
      sha256: "",
      uses: 0,
      checkAt: now + (upload ? this.options.limits.unusedMediaMs : PENDING_MS),
      upload: upload ?? null,
      tus: tus ?? null,
      createdAt: now,
    };
    await withinQuota(this.options.store.media.create(media, quotaOf(this.options.limits)));
    return media;
  }

  /** Stores a body as it arrives; memory does not grow with its size. */
  async receive(media: Media, body: ReadableStream<Uint8Array>): Promise<StoredBytes> {
    const renewal = setInterval(() => this.#renew(media), RENEW_MS);
    try {
      const { head, body: whole } = await peekStream(body, HEAD_SIZE);
      const type = media.encrypted ? CIPHERTEXT : detectFileType(head);
      checkType(type);
      const hash = new Sha256Stream();
      const limited = whole
        .pipeThrough(byteLimitStream(limitOf(type.kind, this.options.limits)))
        .pipeThrough(reservingStream(media.size, (size) => this.#reserve(media, size)));
      await this.options.blobs.put(fileKey(media.id), limited.pipeThrough(hash), {
        contentType: type.contentType,
      });
      return { type, ...await hash.digest };
    } finally {
      clearInterval(renewal);
    }
  }

  /**
   * Checks the bytes under `key`, moves them to the file's key if needed, and makes the upload
   * `ready`.
   */
  async finish(media: Media, key: string): Promise<Media> {
    const content = await this.options.blobs.get(key);
    if (!content) throw new AppError("conflict", "Cannot finish the upload: no bytes have arrived");
    const { head, body } = await peekStream(content.body, HEAD_SIZE);
    const { size, etag } = content.info;
    let type = media.encrypted ? CIPHERTEXT : detectFileType(head);
    try {
      checkType(type);
      checkSize(size, type, this.options.limits);
      type = await this.#byTracks(type, key, size);
    } catch (error) {
      await body.cancel();
      throw error;
    }
    if (type.kind === "image") return await this.#markReady(media, await this.#strip(media, body));
    const hash = new Sha256Stream();
    await body.pipeThrough(hash).pipeTo(new WritableStream());
    if (key !== fileKey(media.id)) {
      await this.options.blobs.copy(key, fileKey(media.id), {
        contentType: type.contentType,
        ifMatch: etag,
      });
    }
    return await this.#markReady(media, fieldsOf({ type, ...await hash.digest }));
  }

  /** Makes the stored bytes `ready`. `encrypted` may be known only now. */
  async finalize(media: Media, { type, ...stored }: StoredBytes): Promise<Media> {
    if (media.encrypted || type.kind !== "image") {
      const kept = media.encrypted
        ? CIPHERTEXT
        : await this.#byTracks(type, fileKey(media.id), stored.size);
      return await this.#markReady(media, fieldsOf({ type: kept, ...stored }));
    }
    const content = await this.options.blobs.get(fileKey(media.id));
    if (!content) throw notFound("upload", media.id);
    return await this.#markReady(media, await this.#strip(media, content.body));
  }

  /** Audio in a video container is subject to the limit of audio. */
  async #byTracks(type: FileType, key: string, size: number): Promise<FileType> {
    const found = await typeByTracks(type, this.options.blobs, key, size);
    checkSize(size, found, this.options.limits);
    return found;
  }

  /** Deletes everything of a failed upload; the sweeper deletes what cannot be deleted now. */
  async discard(media: Media): Promise<void> {
    const marked = await this.options.store.media.update(media.id, "pending", {
      status: "deleting",
      checkAt: this.options.clock.now(),
    });
    if (!marked) return;
    await this.options.blobs.delete(fileKey(media.id));
    await this.options.blobs.delete(thumbnailKey(media.id));
    if (media.upload?.method === "tus") await this.options.blobs.abortUpload(media.upload);
    // A signed URL may still be used until it expires: the sweeper checks then.
    if (media.upload?.method === "put") {
      await this.options.blobs.delete(media.upload.key);
      const checkAt = media.upload.until;
      await this.options.store.media.update(media.id, "deleting", { checkAt });
      return;
    }
    await this.options.store.media.remove(media.id);
  }

  /** Replaces the received image with one that has no metadata. */
  async #strip(media: Media, body: ReadableStream<Uint8Array>): Promise<Partial<Media>> {
    let read = false;
    try {
      const image = await this.options.images.process(media.ownerId, () => {
        read = true;
        return bytesOf(body, this.options.limits.imageBytes);
      });
      const { thumbnail, contentType, width, height } = image;
      if (thumbnail) {
        await this.options.blobs.put(thumbnailKey(media.id), streamOf(thumbnail.bytes), {
          contentType: thumbnail.contentType,
        });
      }
      const hash = new Sha256Stream();
      const size = image.bytes.byteLength;
      const thumbnailSize = thumbnail?.bytes.byteLength ?? null;
      const stripped = streamOf(image.bytes).pipeThrough(hash);
      await this.options.blobs.put(fileKey(media.id), stripped, { contentType });
      const { sha256 } = await hash.digest;
      return {
        kind: "image",
        type: contentType,
        size,
        sha256,
        width,
        height,
        thumbHash: thumbnail?.thumbHash ?? null,
        thumbnailSize,
      };
    } finally {
      if (!read) await body.cancel();
    }
  }

  async #markReady(media: Media, fields: Partial<Media>): Promise<Media> {
    const change = {
      ...fields,
      status: "ready",
      upload: null,
      encrypted: media.encrypted,
      checkAt: this.options.clock.now() + this.options.limits.unusedMediaMs,
    } as const;
    const ready = await withinQuota(
      this.options.store.media.update(media.id, "pending", change, quotaOf(this.options.limits)),
    );
    if (!ready) {
      throw new AppError("conflict", "Cannot finish the upload: it was canceled meanwhile");
    }
    return ready;
  }

  async #reserve(media: Media, size: number): Promise<void> {
    const change = this.options.store.media.update(
      media.id,
      "pending",
      { size },
      quotaOf(this.options.limits),
    );
    if (await withinQuota(change)) return;
    throw new AppError("conflict", "Cannot continue the upload: it was canceled");
  }

  async #renew({ id }: Media): Promise<void> {
    const checkAt = this.options.clock.now() + PENDING_MS;
    // If one renewal fails, the next one makes up for it: the row outlasts two.
    await this.options.store.media.update(id, "pending", { checkAt }).catch(() => null);
  }
}

function fieldsOf({ type, size, sha256 }: StoredBytes): Partial<Media> {
  return { kind: type.kind, type: type.contentType, size, sha256 };
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream();
}

/** Reads at most `max` bytes, which the store has counted already. */
async function bytesOf(
  body: ReadableStream<Uint8Array>,
  max: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const limited = body.pipeThrough(byteLimitStream(max));
  return new Uint8Array(await new Response(limited).arrayBuffer());
}
