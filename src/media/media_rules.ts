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

/** Type of a file in an encrypted chat, whose content the server cannot know. */
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

/** Maximum size in bytes of an upload of any kind. */
export function largestLimit(limits: MediaLimits): number {
  const { imageBytes, videoBytes, audioBytes, fileBytes } = limits;
  return Math.max(imageBytes, videoBytes, audioBytes, fileBytes);
}

/** Throws `payload_too_large`, with the given and the allowed size. */
export function checkSize(size: number, { kind }: FileType, limits: MediaLimits): void {
  const max = limitOf(kind, limits);
  if (size <= max) return;
  const message =
    `Cannot upload: the file has ${size} bytes, and the maximum for kind ${kind} is ${max}`;
  throw new AppError("payload_too_large", message);
}

/**
 * Every image loses its metadata, which includes where it was taken. An image that cannot be
 * decoded here (HEIC) cannot lose them, so it is rejected: phones convert to JPEG when they share.
 */
export function checkType({ kind, contentType }: FileType): void {
  if (kind !== "image" || IMAGE_CONTENT_TYPES.some((type) => type === contentType)) return;
  const message =
    `Cannot upload: images of type ${contentType} are not supported; convert it to JPEG`;
  throw new AppError("unsupported_media_type", message);
}

/**
 * Keys of the bytes: the final file under `file`, and the target of signed URLs under `staging`.
 */
export const fileKey = (id: string) => `media/${id}/file`;
export const thumbnailKey = (id: string) => `media/${id}/thumbnail`;
export const stagingKey = (id: string) => `staging/${id}`;
