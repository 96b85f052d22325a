import { createHash } from "node:crypto";
import { AppError } from "../../../core/errors.ts";
import { isId, newId } from "../../../core/ids.ts";
import { AppendLock } from "../append_lock.ts";
import { checkKey } from "../key.ts";
import {
  type BlobContent,
  type BlobInfo,
  type BlobStore,
  type ByteRange,
  checkContentType,
  type CopyOptions,
  noSuchUpload,
  type PartialUpload,
  type PutOptions,
  resolveRange,
  wrongOffset,
} from "../blob_store.ts";
import { createHeader, HEADER_SIZE, parseHeader } from "./header.ts";
import { orNull, readAt, syncDirectory, writeAll } from "./file.ts";

/**
 * Blobs as files under `root`:
 *
 *     blobs/<two hex digits>/<key, with %2F for />   whole blobs, each with its header (`header.ts`)
 *     partial/<id>                                   the same format, still growing
 *
 * A blob grows in `partial/`, is synced, and is then renamed into place: the rename makes it
 * visible, with type and etag, in one step. The directory is synced afterwards, so that
 * acknowledged data survives a power cut. Only one process may use a `root` at a time.
 */
export class DiskBlobStore implements BlobStore {
  readonly #root: string;
  readonly #lock = new AppendLock();

  /** Creates the directories as needed. */
  constructor(root: string) {
    this.#root = root;
    Deno.mkdirSync(`${root}/partial`, { recursive: true, mode: 0o700 });
    Deno.mkdirSync(`${root}/blobs`, { recursive: true, mode: 0o700 });
  }

  async put(
    key: string,
    body: ReadableStream<Uint8Array>,
    options: PutOptions,
  ): Promise<BlobInfo> {
    const upload = await this.createUpload(key, options);
    try {
      await this.appendUpload(upload, 0, body);
      return await this.completeUpload(upload);
    } catch (error) {
      await this.abortUpload(upload);
      throw error;
    }
  }

  async get(key: string, range?: ByteRange): Promise<BlobContent | null> {
    const file = await orNull(Deno.open(this.#blobPath(key)));
    if (!file) return null;
    try {
      const info = await describe(file, key);
      const part = resolveRange(range, info.size);
      const [start, length] = part ? [part.start, part.end - part.start + 1] : [0, 0];
      return { info, range: part, body: await readAt(file, HEADER_SIZE + start, length) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async head(key: string): Promise<BlobInfo | null> {
    using file = await orNull(Deno.open(this.#blobPath(key)));
    return file && await describe(file, key);
  }

  async delete(key: string): Promise<void> {
    const path = this.#blobPath(key);
    if (await orNull(Deno.remove(path).then(() => true))) await syncDirectory(parent(path));
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<BlobInfo> {
    checkKey(to);
    const source = await this.get(from);
    if (!source) throw new AppError("not_found", `Cannot copy ${from}: there is no such blob`);
    const { info, body } = source;
    if (options.ifMatch !== undefined && options.ifMatch !== info.etag) {
      await body.cancel();
      throw new AppError("precondition_failed", `Cannot copy ${from}: it has changed`);
    }
    return await this.put(to, body, { contentType: options.contentType ?? info.contentType });
  }

  async createUpload(key: string, options: PutOptions): Promise<PartialUpload> {
    const upload = { key: checkKey(key), id: newId() };
    const contentType = checkContentType(options.contentType);
    const path = this.#partialPath(upload);
    using file = await reachable(Deno.open(path, { write: true, createNew: true, mode: 0o600 }));
    await reachable(writeAll(file, createHeader({ key, contentType, etag: etagOf(upload) })));
    await reachable(file.sync());
    return upload;
  }

  async uploadOffset(upload: PartialUpload): Promise<number | null> {
    using file = await this.#openPartial(upload, { read: true });
    return file && (await file.stat()).size - HEADER_SIZE;
  }

  appendUpload(
    upload: PartialUpload,
    offset: number,
    body: ReadableStream<Uint8Array>,
  ): Promise<number> {
    return this.#lock.hold(upload, async () => {
      using file = await this.#openPartial(upload, { read: true, write: true });
      if (!file) throw noSuchUpload(upload);
      const current = (await file.stat()).size - HEADER_SIZE;
      if (current !== offset) throw wrongOffset(offset, current);
      await file.seek(0, Deno.SeekMode.End);
      try {
        for await (const chunk of body) await reachable(writeAll(file, chunk));
      } finally {
        await reachable(file.sync());
      }
      return (await file.stat()).size - HEADER_SIZE;
    });
  }

  completeUpload(upload: PartialUpload): Promise<BlobInfo> {
    return this.#lock.hold(upload, async () => {
      using file = await this.#openPartial(upload, { read: true });
      const info = file ? await describe(file, upload.key) : await this.head(upload.key);
      if (info?.etag !== etagOf(upload)) throw noSuchUpload(upload);
      if (file) await this.#reveal(upload);
      return info;
    });
  }

  async abortUpload(upload: PartialUpload): Promise<void> {
    using file = await this.#openPartial(upload, { read: true });
    if (file) await orNull(Deno.remove(this.#partialPath(upload)));
  }

  async sweep(before: number): Promise<number> {
    let swept = 0;
    for await (const { name } of Deno.readDir(`${this.#root}/partial`)) {
      const path = `${this.#root}/partial/${name}`;
      const stat = await orNull(Deno.stat(path));
      if (!stat || (stat.mtime?.getTime() ?? 0) >= before) continue;
      if (await orNull(Deno.remove(path).then(() => true))) swept++;
    }
    return swept;
  }

  // A directory is not reachable over HTTP.
  presignPut = (): Promise<null> => Promise.resolve(null);
  presignGet = (): Promise<null> => Promise.resolve(null);

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #reveal(upload: PartialUpload): Promise<void> {
    const path = this.#blobPath(upload.key);
    await reachable(Deno.mkdir(parent(path), { recursive: true, mode: 0o700 }));
    await reachable(Deno.rename(this.#partialPath(upload), path));
    await syncDirectory(parent(path));
    await syncDirectory(`${this.#root}/blobs`);
  }

  #blobPath(key: string): string {
    const name = checkKey(key).replaceAll("/", "%2F");
    const fan = createHash("sha256").update(key).digest("hex").slice(0, 2);
    return `${this.#root}/blobs/${fan}/${name}`;
  }

  #partialPath(upload: PartialUpload): string {
    return `${this.#root}/partial/${upload.id}`;
  }

  /**
   * Returns null also for a handle whose key differs from the key that the upload was created with.
   */
  async #openPartial(
    upload: PartialUpload,
    options: Deno.OpenOptions,
  ): Promise<Deno.FsFile | null> {
    checkKey(upload.key);
    if (!isId(upload.id)) return null;
    const file = await orNull(Deno.open(this.#partialPath(upload), options));
    if (!file) return null;
    if ((await parseHeader(file))?.key === upload.key) return file;
    file.close();
    return null;
  }
}

/**
 * Derived from the upload's id, so that completing twice can tell its own blob from another
 * upload's.
 */
function etagOf(upload: PartialUpload): string {
  return `"${upload.id}"`;
}

async function describe(file: Deno.FsFile, key: string): Promise<BlobInfo> {
  await file.seek(0, Deno.SeekMode.Start);
  const header = await parseHeader(file);
  if (!header) {
    throw new Error(
      `Cannot read the blob ${key}: its file has no header, so this store did not write it`,
    );
  }
  const { size } = await file.stat();
  return {
    key,
    size: size - HEADER_SIZE,
    contentType: header.contentType,
    etag: header.etag,
  };
}

/** A full or failing disk is the store's fault, not the body's. */
async function reachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new AppError("unavailable", "Cannot store the media: writing to the disk failed", {
      cause,
    });
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
