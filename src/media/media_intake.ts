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
  /** Declared; 0 where it is not known. */
  size?: number;
  upload?: Media["upload"];
  tus?: Media["tus"];
}

/** Bytes that have arrived under the file's key. */
export interface StoredBytes {
  type: FileType;
  size: number;
  sha256: string;
}

/** How long a row whose upload died is kept: uploads under way renew it more often. */
const PENDING_MS = 15 * 60_000;
const RENEW_MS = 5 * 60_000;

/**
 * Turns bytes into an upload that can be sent: known by what they are, held to the limits, hashed, and
 * (for pictures) stripped. The row comes first and says `pending`, so that whatever a crash leaves is
 * found by the sweeper.
 */
export class MediaIntake {
  constructor(
    private readonly store: Pick<Store, "media">,
    private readonly blobs: BlobStore,
    private readonly images: ImageProcessor,
    private readonly clock: Clock,
    private readonly limits: MediaLimits,
  ) {}

  async begin({ id = newId(), ownerId, name, encrypted, size = 0, upload, tus }: NewMedia) {
    const now = this.clock.now();
    const media: Media = {
      id,
      ownerId,
      blobId: id,
      status: "pending",
      ...{ kind: "file", type: CIPHERTEXT.contentType, name: cleanFileName(name), size },
      ...{ width: null, height: null, thumbHash: null, thumbnailSize: null },
      encrypted,
      sha256: "",
      uses: 0,
      checkAt: now + (upload ? this.limits.unusedMediaMs : PENDING_MS),
      upload: upload ?? null,
      tus: tus ?? null,
      createdAt: now,
    };
    await withinQuota(this.store.media.create(media, quotaOf(this.limits)));
    return media;
  }

  /** Stores a body as it comes; memory does not grow with it. */
  async receive(media: Media, body: ReadableStream<Uint8Array>): Promise<StoredBytes> {
    const renewal = setInterval(() => this.#renew(media), RENEW_MS);
    try {
      const { head, body: whole } = await peekStream(body, HEAD_SIZE);
      const type = media.encrypted ? CIPHERTEXT : detectFileType(head);
      checkType(type);
      const hash = new Sha256Stream();
      const limited = whole
        .pipeThrough(byteLimitStream(limitOf(type.kind, this.limits)))
        .pipeThrough(reservingStream(media.size, (size) => this.#reserve(media, size)));
      await this.blobs.put(fileKey(media.id), limited.pipeThrough(hash), {
        contentType: type.contentType,
      });
      return { type, ...await hash.digest };
    } finally {
      clearInterval(renewal);
    }
  }

  /** Looks at what has arrived under `key`, moves it to its place if it is elsewhere, and is done. */
  async finish(media: Media, key: string): Promise<Media> {
    const content = await this.blobs.get(key);
    if (!content) throw new AppError("conflict", "Finishing the upload: nothing has arrived");
    const { head, body } = await peekStream(content.body, HEAD_SIZE);
    const { size, etag } = content.info;
    let type = media.encrypted ? CIPHERTEXT : detectFileType(head);
    try {
      checkType(type);
      checkSize(size, type, this.limits);
      type = await this.#byTracks(type, key, size);
    } catch (error) {
      await body.cancel();
      throw error;
    }
    if (type.kind === "image") return await this.#conclude(media, await this.#strip(media, body));
    const hash = new Sha256Stream();
    await body.pipeThrough(hash).pipeTo(new WritableStream());
    if (key !== fileKey(media.id)) {
      await this.blobs.copy(key, fileKey(media.id), {
        contentType: type.contentType,
        ifMatch: etag,
      });
    }
    return await this.#conclude(media, fieldsOf({ type, ...await hash.digest }));
  }

  /** What `receive` has stored becomes `ready`. `encrypted` may be known only now. */
  async finalize(media: Media, { type, ...arrived }: StoredBytes): Promise<Media> {
    if (media.encrypted || type.kind !== "image") {
      const kept = media.encrypted
        ? CIPHERTEXT
        : await this.#byTracks(type, fileKey(media.id), arrived.size);
      return await this.#conclude(media, fieldsOf({ type: kept, ...arrived }));
    }
    const content = await this.blobs.get(fileKey(media.id));
    if (!content) throw notFound("upload", media.id);
    return await this.#conclude(media, await this.#strip(media, content.body));
  }

  /** Sound in a container of video is held to the limit of sound. */
  async #byTracks(type: FileType, key: string, size: number): Promise<FileType> {
    const found = await typeByTracks(type, this.blobs, key, size);
    checkSize(size, found, this.limits);
    return found;
  }

  /** An upload that failed leaves nothing; what cannot be removed now, the sweeper will. */
  async discard(media: Media): Promise<void> {
    const given = await this.store.media.update(media.id, "pending", {
      status: "deleting",
      checkAt: this.clock.now(),
    });
    if (!given) return;
    await this.blobs.delete(fileKey(media.id));
    await this.blobs.delete(thumbnailKey(media.id));
    if (media.upload?.method === "tus") await this.blobs.abortUpload(media.upload);
    // A signed URL may still be used until it expires: then the sweeper looks.
    if (media.upload?.method === "put") {
      await this.blobs.delete(media.upload.key);
      const checkAt = media.upload.until;
      await this.store.media.update(media.id, "deleting", { checkAt });
      return;
    }
    await this.store.media.remove(media.id);
  }

  /** The picture without its metadata takes the place of the one that came. */
  async #strip(media: Media, body: ReadableStream<Uint8Array>): Promise<Partial<Media>> {
    let read = false;
    try {
      const image = await this.images.process(media.ownerId, () => {
        read = true;
        return bytesOf(body, this.limits.imageBytes);
      });
      const { thumbnail, contentType, width, height } = image;
      if (thumbnail) {
        await this.blobs.put(thumbnailKey(media.id), streamOf(thumbnail.bytes), {
          contentType: thumbnail.contentType,
        });
      }
      const hash = new Sha256Stream();
      const size = image.bytes.byteLength;
      const thumbnailSize = thumbnail?.bytes.byteLength ?? null;
      const stripped = streamOf(image.bytes).pipeThrough(hash);
      await this.blobs.put(fileKey(media.id), stripped, { contentType });
      const { sha256 } = await hash.digest;
      return {
        ...{ kind: "image", type: contentType, size, sha256 },
        ...{ width, height, thumbHash: thumbnail?.thumbHash ?? null, thumbnailSize },
      };
    } finally {
      if (!read) await body.cancel();
    }
  }

  async #conclude(media: Media, fields: Partial<Media>): Promise<Media> {
    const change = {
      ...fields,
      status: "ready",
      upload: null,
      encrypted: media.encrypted,
      checkAt: this.clock.now() + this.limits.unusedMediaMs,
    } as const;
    const ready = await withinQuota(
      this.store.media.update(media.id, "pending", change, quotaOf(this.limits)),
    );
    if (!ready) throw new AppError("conflict", "Finishing the upload: it was taken back meanwhile");
    return ready;
  }

  async #reserve(media: Media, size: number): Promise<void> {
    const change = this.store.media.update(media.id, "pending", { size }, quotaOf(this.limits));
    if (await withinQuota(change)) return;
    throw new AppError("conflict", "Cannot go on with the upload: it was canceled");
  }

  async #renew({ id }: Media): Promise<void> {
    const checkAt = this.clock.now() + PENDING_MS;
    // One that fails is made up for by the next: the row outlasts two.
    await this.store.media.update(id, "pending", { checkAt }).catch(() => null);
  }
}

function fieldsOf({ type, size, sha256 }: StoredBytes): Partial<Media> {
  return { kind: type.kind, type: type.contentType, size, sha256 };
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream();
}

/** At most `most` bytes, which the store has counted already. */
async function bytesOf(
  body: ReadableStream<Uint8Array>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const limited = body.pipeThrough(byteLimitStream(most));
  return new Uint8Array(await new Response(limited).arrayBuffer());
}
