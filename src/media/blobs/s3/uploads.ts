import { isId, newId } from "../../../core/ids.ts";
import { AppendLock } from "../append_lock.ts";
import { checkKey } from "../key.ts";
import {
  checkContentType,
  noSuchUpload,
  type PartialUpload,
  type PutOptions,
  wrongOffset,
} from "../blob_store.ts";
import { partsOf } from "./part_stream.ts";
import type { S3Connection } from "./connection.ts";
import { type Multipart, S3Multipart } from "./multipart.ts";
import { S3Tail } from "./tail.ts";

/** State of an upload in progress. `base` is the size of its parts, without the tail. */
interface UploadState {
  multipart: Multipart;
  parts: { PartNumber?: number; ETag?: string }[];
  base: number;
  tailSize: number;
  /** Time when bytes last arrived, epoch ms; 0 if none have. */
  touchedAt: number;
}

/**
 * Resumable uploads: multipart uploads with a tail (`tail.ts`). Their whole state is in the bucket,
 * so that any instance can continue them. The id of one is `<tag>.<S3's id>`; the metadata of the
 * resulting blob contains the tag.
 */
export class S3Uploads {
  readonly #multipart: S3Multipart;
  readonly #tail: S3Tail;
  readonly #lock = new AppendLock();
  readonly #prefix: string;
  readonly #partSize: number;

  constructor(
    connection: S3Connection,
    { bucket, prefix, partSize }: { bucket: string; prefix: string; partSize: number },
  ) {
    this.#multipart = new S3Multipart(connection, bucket);
    this.#tail = new S3Tail(connection, bucket, prefix);
    this.#prefix = prefix;
    this.#partSize = partSize;
  }

  async create(key: string, options: PutOptions): Promise<PartialUpload> {
    const fullKey = this.#prefix + checkKey(key);
    checkContentType(options.contentType);
    const tag = newId();
    const { uploadId } = await this.#multipart.create(fullKey, options, tag);
    return { key, id: `${tag}.${uploadId}` };
  }

  /** Returns the number of received bytes; null if there is no such upload in progress. */
  async offset(upload: PartialUpload): Promise<number | null> {
    const state = await this.#state(upload);
    return state && state.base + state.tailSize;
  }

  /** Returns the new offset. */
  append(
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number> {
    return this.#lock.hold(upload, async () => {
      const state = await this.#state(upload);
      if (!state) throw noSuchUpload(upload);
      const { multipart, tailSize } = state;
      const current = state.base + tailSize;
      if (current !== offset) throw wrongOffset(offset, current);
      const tail = tailSize ? await this.#tail.read(multipart, state.base) : undefined;
      return await this.#store(state, partsOf(body, this.#partSize, tail));
    });
  }

  /** Does nothing if there is no such upload in progress, because it may be complete already. */
  complete(upload: PartialUpload): Promise<void> {
    return this.#lock.hold(upload, async () => {
      const state = await this.#state(upload);
      if (!state) return;
      const { multipart, parts, base, tailSize } = state;
      if (tailSize > 0) {
        const tail = await this.#tail.read(multipart, base);
        parts.push(await this.#multipart.putPart(multipart, parts.length + 1, tail));
      }
      // S3 completes no upload without a part, but accepts an empty one.
      if (parts.length === 0) {
        parts.push(await this.#multipart.putPart(multipart, 1, new Uint8Array()));
      }
      await this.#multipart.complete(multipart, parts);
      await this.#tail.deleteAll(multipart);
    });
  }

  async abort(upload: PartialUpload): Promise<void> {
    const multipart = this.#multipartOf(upload);
    if (!multipart) return;
    await this.#multipart.abort(multipart);
    await this.#tail.deleteAll(multipart);
  }

  /**
   * Ends the uploads that have received nothing since `before` (epoch ms); returns their number.
   */
  async sweep(before: number): Promise<number> {
    let swept = 0;
    for await (const multipart of this.#multipart.startedBefore(this.#prefix, before)) {
      const state = await this.#stateOf(multipart);
      if (!state || state.touchedAt >= before) continue;
      await this.#multipart.abort(multipart);
      if (state.tailSize > 0) await this.#tail.delete(multipart, state.base);
      swept++;
    }
    return swept + await this.#tail.sweep(before);
  }

  async #store(state: UploadState, parts: AsyncIterable<Uint8Array>): Promise<number> {
    const { multipart } = state;
    for await (const bytes of parts) {
      if (bytes.byteLength < this.#partSize) {
        if (bytes.byteLength > state.tailSize) {
          await this.#tail.write(multipart, state.base, bytes);
          state.tailSize = bytes.byteLength;
        }
        continue;
      }
      state.parts.push(await this.#multipart.putPart(multipart, state.parts.length + 1, bytes));
      if (state.tailSize > 0) await this.#tail.delete(multipart, state.base);
      state.base += bytes.byteLength;
      state.tailSize = 0;
    }
    return state.base + state.tailSize;
  }

  async #state(upload: PartialUpload): Promise<UploadState | null> {
    const multipart = this.#multipartOf(upload);
    return multipart && await this.#stateOf(multipart);
  }

  async #stateOf(multipart: Multipart): Promise<UploadState | null> {
    const parts = await this.#multipart.parts(multipart);
    if (!parts) return null;
    const base = parts.reduce((sum, part) => sum + part.Size!, 0);
    const tail = await this.#tail.head(multipart, base);
    const times = parts.map((part) => part.LastModified?.getTime() ?? 0);
    return {
      multipart,
      parts,
      base,
      tailSize: tail?.size ?? 0,
      touchedAt: times.reduce((latest, time) => Math.max(latest, time), tail?.at ?? 0),
    };
  }

  /** Returns null for an id that `create` cannot have created. */
  #multipartOf(upload: PartialUpload): Multipart | null {
    const key = this.#prefix + checkKey(upload.key);
    const tag = uploadTag(upload);
    return isId(tag) ? { key, uploadId: upload.id.slice(tag.length + 1) } : null;
  }
}

/**
 * Returns the tag that distinguishes this upload's blob from others of its key; "" if the id has
 * none.
 */
export function uploadTag({ id }: PartialUpload): string {
  return id.slice(0, Math.max(0, id.indexOf(".")));
}
