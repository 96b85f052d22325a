import { createHash } from "node:crypto";
import type { S3Connection } from "./connection.ts";
import type { Multipart } from "./multipart.ts";

/**
 * The end of a resumable upload that is still too short to be a part (S3 accepts none under 5 MiB
 * except the last one), stored as a separate object, `.partial/<upload>/<base>`. `base` is the size
 * of all parts before it: once the tail has become part of a part, the base has changed and the old
 * tail is ignored, whether or not it was deleted. So a crash between any two calls never counts a
 * byte twice.
 */
export class S3Tail {
  readonly #folder: string;

  constructor(
    readonly connection: S3Connection,
    readonly bucket: string,
    readonly prefix: string,
  ) {
    this.#folder = `${prefix}.partial/`;
  }

  /** Returns size and time (epoch ms) of the tail, or null if there is none at that base. */
  async head(upload: Multipart, base: number): Promise<{ size: number; at: number } | null> {
    const found = await this.connection.callOrNull((s3) =>
      s3.headObject({ Bucket: this.bucket, Key: this.#key(upload, base) })
    );
    return found && { size: found.ContentLength!, at: found.LastModified!.getTime() };
  }

  async read(upload: Multipart, base: number): Promise<Uint8Array> {
    const found = await this.connection.callOrNull(async (s3) => {
      const { Body } = await s3.getObject({ Bucket: this.bucket, Key: this.#key(upload, base) });
      return await Body!.transformToByteArray();
    });
    return found ?? new Uint8Array();
  }

  async write(upload: Multipart, base: number, bytes: Uint8Array): Promise<void> {
    await this.connection.call((s3) =>
      s3.putObject({ Bucket: this.bucket, Key: this.#key(upload, base), Body: bytes })
    );
  }

  async delete(upload: Multipart, base: number): Promise<void> {
    await this.connection.call((s3) =>
      s3.deleteObject({ Bucket: this.bucket, Key: this.#key(upload, base) })
    );
  }

  /** Deletes all tails of an upload that has ended. */
  async deleteAll(upload: Multipart): Promise<void> {
    await this.#deleteUnder(this.#folderOf(upload), Infinity);
  }

  /** Deletes the tails written before the time (epoch ms); returns their number. */
  sweep(before: number): Promise<number> {
    return this.#deleteUnder(this.#folder, before);
  }

  async #deleteUnder(folder: string, before: number): Promise<number> {
    let count = 0;
    let token: string | undefined;
    while (true) {
      const page = await this.connection.call((s3) =>
        s3.listObjectsV2({ Bucket: this.bucket, Prefix: folder, ContinuationToken: token })
      );
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (LastModified!.getTime() >= before) continue;
        await this.connection.call((s3) => s3.deleteObject({ Bucket: this.bucket, Key: Key! }));
        count++;
      }
      if (!page.IsTruncated) return count;
      token = page.NextContinuationToken;
    }
  }

  #key(upload: Multipart, base: number): string {
    return `${this.#folderOf(upload)}${base}`;
  }

  /** Named by a hash, because S3 does not define which characters an upload id may contain. */
  #folderOf(upload: Multipart): string {
    const hash = createHash("sha256").update(`${upload.uploadId} ${upload.key}`);
    const name = hash.digest("hex").slice(0, 32);
    return `${this.#folder}${name}/`;
  }
}
