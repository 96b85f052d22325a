import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blob_store.ts";
import { byteLimitStream } from "./byte_limit_stream.ts";
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
} from "./media_rules.ts";
import { peekStream } from "./peek_stream.ts";
import { stallGuarded } from "./stall_guard_stream.ts";
import type { UploadTarget } from "./upload_target.ts";

export interface NewUpload {
  name: string;
  size: number;
  chatId?: string;
}

export interface UploadState {
  media: Media;
  offset: number;
}

/** Uploads that come in pieces and go on after a break, on whichever instance: what tus needs. */
export class ResumableUploads {
  constructor(
    private readonly store: Pick<Store, "media">,
    private readonly blobs: BlobStore,
    private readonly intake: MediaIntake,
    private readonly target: UploadTarget,
    private readonly leases: Leases,
    private readonly clock: Clock,
    private readonly limits: MediaLimits,
  ) {}

  get maxSize(): number {
    return largestLimit(this.limits);
  }

  async create(ownerId: string, { name, size, chatId }: NewUpload): Promise<Media> {
    if (size > this.maxSize) {
      const about = `Uploading: the file has ${size} bytes, at most ${this.maxSize} are taken`;
      throw new AppError("payload_too_large", about);
    }
    const encrypted = await this.target.isEncrypted(ownerId, chatId);
    const id = newId();
    const contentType = CIPHERTEXT.contentType;
    const { key, id: handle } = await this.blobs.createUpload(fileKey(id), { contentType });
    const upload = { method: "tus" as const, key, id: handle };
    try {
      return await this.intake.begin({ id, ownerId, name, size, encrypted, upload });
    } catch (error) {
      await this.blobs.abortUpload(upload);
      throw error;
    }
  }

  /** A finished upload is at its end: a client that missed the last answer learns it so. */
  async state(ownerId: string, id: string): Promise<UploadState> {
    const media = await this.#own(ownerId, id);
    if (media.status === "ready") return { media, offset: media.size };
    const offset = await this.blobs.uploadOffset(tusUpload(media));
    return { media, offset: offset ?? media.size };
  }

  /** Answers the new offset; the last bytes finish the upload, and its rules may refuse it then. */
  async append(
    ownerId: string,
    id: string,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<UploadState> {
    return await this.#alone(ownerId, id, async (media) => {
      const guarded = stallGuarded(body, this.limits.uploadTimeMs);
      const checked = offset === 0 ? await this.#checkHead(media, guarded) : guarded;
      const limited = checked.pipeThrough(byteLimitStream(media.size - offset));
      const reached = await this.blobs.appendUpload(tusUpload(media), offset, limited);
      await this.#postpone(media);
      if (reached < media.size) return { media, offset: reached };
      return { media: await this.#finish(media), offset: reached };
    });
  }

  /** Repeats the last step of an upload whose bytes are all there, after a crash say. */
  async complete(ownerId: string, id: string): Promise<Media> {
    return await this.#alone(ownerId, id, async (media) => {
      if (media.status === "ready") return media;
      const offset = await this.blobs.uploadOffset(tusUpload(media));
      if (offset === null || offset === media.size) return await this.#finish(media);
      const about = `Finishing the upload: ${offset} of ${media.size} bytes have arrived`;
      throw new AppError("conflict", about);
    });
  }

  async terminate(ownerId: string, id: string): Promise<void> {
    await this.#alone(ownerId, id, async (media) => {
      tusUpload(media);
      await this.intake.discard(media);
    });
  }

  async #finish(media: Media): Promise<Media> {
    try {
      await this.blobs.completeUpload(tusUpload(media));
      return await this.intake.finish(media, fileKey(media.id));
    } catch (error) {
      // What the rules refuse cannot be mended by sending more.
      if (error instanceof AppError && error.code !== "unavailable") {
        await this.intake.discard(media);
      }
      throw error;
    }
  }

  /** What will be refused in the end is refused with its first bytes. */
  async #checkHead(media: Media, body: ReadableStream<Uint8Array>) {
    if (media.encrypted) return body;
    const { head, body: whole } = await peekStream(body, HEAD_SIZE);
    const type = detectFileType(head);
    try {
      checkType(type);
      checkSize(media.size, type, this.limits);
    } catch (error) {
      await whole.cancel().catch(() => {});
      if (head.byteLength >= Math.min(HEAD_SIZE, media.size)) await this.intake.discard(media);
      throw error;
    }
    return whole;
  }

  async #postpone(media: Media): Promise<void> {
    const checkAt = this.clock.now() + this.limits.unusedMediaMs;
    await this.store.media.update(media.id, "pending", { checkAt });
  }

  async #alone<T>(ownerId: string, id: string, work: (media: Media) => Promise<T>): Promise<T> {
    await this.#own(ownerId, id);
    const held = await this.leases.hold(`upload:${id}`, async () => {
      return await work(await this.#own(ownerId, id));
    });
    if (held) return held.value;
    throw new AppError("conflict", "Going on with the upload: another request is at it", {
      retryAfter: 1,
    });
  }

  async #own(ownerId: string, id: string): Promise<Media> {
    const media = await this.store.media.byId(id);
    if (media?.ownerId === ownerId && media.status !== "deleting") return media;
    throw notFound("upload", id);
  }
}

function tusUpload(media: Media) {
  if (media.upload?.method === "tus") return media.upload;
  throw notFound("upload", media.id);
}
