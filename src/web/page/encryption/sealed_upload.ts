import { rgbaToThumbHash } from "thumbhash";
import type { ChatClient, FileDescriptor, UploadOptions } from "../../../client/mod.ts";

/** Side of the picture that a ThumbHash is computed of, in pixels. */
const HASH_SIDE = 100;
const PICTURE = /^image\/(png|jpeg|webp|gif|avif)$/;

/** Encrypts a file and uploads it; of a picture, size and preview go with the message. */
export async function uploadSealed(
  client: ChatClient,
  file: File,
  { chatId, ...options }: UploadOptions & { chatId: string },
): Promise<{ mediaId: string; sealed: FileDescriptor }> {
  const look = PICTURE.test(file.type) ? await lookOf(file) : undefined;
  const sealed = await client.files.uploadEncrypted(file, chatId, { ...options, look });
  return { mediaId: sealed.mediaId, sealed };
}

/** Returns undefined for a picture that the browser cannot read: it is sent as a file. */
async function lookOf(file: File) {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const thumbHash = hashOf(bitmap);
    bitmap.close();
    return { width, height, thumbHash };
  } catch {
    return undefined;
  }
}

function hashOf(bitmap: ImageBitmap): string {
  const scale = Math.min(1, HASH_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale))
  );
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d")!;
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return btoa(String.fromCharCode(...rgbaToThumbHash(width, height, data)));
}
