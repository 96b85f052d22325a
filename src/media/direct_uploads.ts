import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import type { FileType } from "./file_type.ts";
import type { Leases } from "./lease.ts";
import type { MediaIntake } from "./media_intake.ts";
import { checkSize, checkType, CIPHERTEXT, type MediaLimits, stagingKey } from "./media_rules.ts";
import type { ResumableUploads } from "./resumable_uploads.ts";
import { tusPatchHeaders } from "./tus.ts";
import type { UploadTarget } from "./upload_target.ts";

export interface UploadPlan {
  name: string;
  size: number;
  /** Type claimed by the client; the bytes decide the final type. */
  type: string;
  chatId?: string;
}

/** Instructions for sending the bytes. */
export interface UploadTicket {
  mediaId: string;
  protocol: "s3" | "tus";
  method: "PUT" | "PATCH";
  url: string;
  headers: Record<string, string>;
  expiresAt: number;
}

const TICKET_MS = 15 * 60_000;
/** Tolerance for clocks that differ and for a PUT that began just in time. */
const GRACE_MS = 10 * 60_000;
/** Limit of S3 for one copy (CopyObject) and for one PUT. */
const MAX_BYTES = 5 * 1024 ** 3;

export interface DirectUploadOptions {
  store: Pick<Store, "media">;
  blobs: BlobStore;
  intake: MediaIntake;
  resumable: ResumableUploads;
  target: UploadTarget;
  leases: Leases;
  clock: Clock;
  limits: MediaLimits;
  /** Called with the number of bytes of a completed upload. */
  onUploaded(bytes: number): void;
}

/**
 * Uploads straight to S3, past the server. A signed URL can be used repeatedly until it expires, so
 * it leads to a staging key: the content checked there is copied to its final place, if it is still
 * the content that was checked. If the store is not reachable over HTTP (a disk), the ticket is for
 * a resumable upload.
 */
export class DirectUploads {
  constructor(private readonly options: DirectUploadOptions) {}

  async presign(ownerId: string, plan: UploadPlan): Promise<UploadTicket> {
    const encrypted = await this.options.target.isEncrypted(ownerId, plan.chatId);
    const claimed = encrypted ? CIPHERTEXT : claimedType(plan.type);
    checkType(claimed);
    checkSize(plan.size, claimed, this.options.limits);
    const id = newId();
    const key = stagingKey(id);
    const signed = plan.size > MAX_BYTES ? null : await this.options.blobs.presignPut(key, {
      contentType: plan.type,
      contentLength: plan.size,
      expiresIn: TICKET_MS / 1000,
    });
    if (!signed) return await this.#resumableTicket(ownerId, plan);
    const expiresAt = this.options.clock.now() + TICKET_MS;
    const upload = { method: "put" as const, key, until: expiresAt + GRACE_MS };
    const { name, size } = plan;
    await this.options.intake.begin({ id, ownerId, name, size, encrypted, upload });
    return { mediaId: id, protocol: "s3", ...signed, expiresAt };
  }

  /**
   * Checks the received bytes. May be repeated; for a resumable upload it repeats the last step.
   */
  async complete(ownerId: string, id: string): Promise<Media> {
    const media = await this.options.store.media.byId(id);
    if (media?.ownerId !== ownerId || media.status === "deleting") throw notFound("upload", id);
    if (media.status === "ready") return media;
    if (media.upload?.method === "tus") return await this.options.resumable.complete(ownerId, id);
    if (media.upload?.method !== "put") throw notFound("upload", id);
    const { upload } = media;
    const result = await this.options.leases.hold(
      `upload:${id}`,
      () => this.#finish(media, upload),
    );
    if (result) return result.value;
    throw new AppError("conflict", "Cannot finish the upload: another request is finishing it");
  }

  async #finish(media: Media, upload: { key: string; until: number }): Promise<Media> {
    const info = await this.options.blobs.head(upload.key);
    if (!info) throw new AppError("conflict", "Cannot finish the upload: no bytes have arrived");
    try {
      if (info.size !== media.size) throw otherSize(info.size, media.size);
      await this.#rememberStaging(media, upload);
      const ready = await this.options.intake.finish(media, upload.key);
      this.options.onUploaded(info.size);
      await this.options.blobs.delete(upload.key);
      return ready;
    } catch (error) {
      if (error instanceof AppError && error.code !== "unavailable") {
        await this.options.intake.discard(media);
      }
      throw error;
    }
  }

  /**
   * The URL may be used again later: a separate row makes the sweeper check once it has expired.
   */
  async #rememberStaging(media: Media, upload: { key: string; until: number }): Promise<void> {
    const checkAt = Math.max(upload.until, this.options.clock.now() + GRACE_MS);
    const staging = { method: "put" as const, ...upload };
    const id = newId();
    await this.options.store.media.create({
      ...media,
      id,
      blobId: id,
      status: "deleting",
      upload: staging,
      checkAt,
    });
  }

  async #resumableTicket(ownerId: string, plan: UploadPlan): Promise<UploadTicket> {
    const media = await this.options.resumable.create(ownerId, plan);
    return {
      mediaId: media.id,
      protocol: "tus",
      method: "PATCH",
      url: `/api/media/uploads/${media.id}`,
      headers: tusPatchHeaders(0),
      expiresAt: media.checkAt!,
    };
  }
}

function claimedType(contentType: string): FileType {
  const main = contentType.split("/")[0];
  const isText = contentType.startsWith("image/svg");
  const kind = (main === "image" && !isText) || main === "video" || main === "audio"
    ? main
    : "file";
  return { contentType: contentType.split(";")[0].trim(), kind, extension: "" };
}

function otherSize(size: number, declared: number): AppError {
  const message =
    `Cannot finish the upload: ${size} bytes have arrived, not the ${declared} declared`;
  return new AppError("conflict", message);
}
