import type { Limits } from "../config.ts";
import { AppError } from "../core/errors.ts";
import type { MediaKind } from "../model/media_attachment.ts";
import type { FileType } from "./file_type.ts";
import { IMAGE_CONTENT_TYPES } from "./images/job.ts";

export type MediaLimits = Pick<
  Limits,
  | "imageBytes"
  | "videoBytes"
  | "audioBytes"
  | "fileBytes"
  | "storageBytes"
  | "openUploads"
  | "uploadTimeMs"
  | "unusedMediaMs"
>;

/** What an encrypted chat's files are to the server. */
export const CIPHERTEXT: FileType = {
  contentType: "application/octet-stream",
  kind: "file",
  extension: "",
};

/** In bytes. */
export function limitOf(kind: MediaKind, limits: MediaLimits): number {
  return {
    image: limits.imageBytes,
    video: limits.videoBytes,
    audio: limits.audioBytes,
    file: limits.fileBytes,
  }[kind];
}

/** Larger than this, nothing is taken, whatever it is. */
export function largestLimit(limits: MediaLimits): number {
  const { imageBytes, videoBytes, audioBytes, fileBytes } = limits;
  return Math.max(imageBytes, videoBytes, audioBytes, fileBytes);
}

/** Throws `payload_too_large`, with what was given and what is allowed. */
export function checkSize(size: number, { kind }: FileType, limits: MediaLimits): void {
  const most = limitOf(kind, limits);
  if (size <= most) return;
  const about = `Uploading: the file has ${size} bytes, a file of kind ${kind} at most ${most}`;
  throw new AppError("payload_too_large", about);
}

/**
 * Every picture loses its metadata, and with them where it was taken. What cannot be decoded here
 * (HEIC) cannot lose them, so it is refused: phones convert to JPEG when they share.
 */
export function checkType({ kind, contentType }: FileType): void {
  if (kind !== "image" || IMAGE_CONTENT_TYPES.some((type) => type === contentType)) return;
  const about = `Uploading: pictures of the type ${contentType} are not taken; convert it to JPEG`;
  throw new AppError("unsupported_media_type", about);
}

/** Where the bytes are. Under `file`, and under `staging` what a signed URL may still write to. */
export const fileKey = (id: string) => `media/${id}/file`;
export const thumbnailKey = (id: string) => `media/${id}/thumbnail`;
export const stagingKey = (id: string) => `staging/${id}`;
