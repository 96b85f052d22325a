import type { MediaView } from "../api/views/media.ts";
import type { FileLook } from "./encryption/sealed_file.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { Rest } from "./rest.ts";
import type { SignIn } from "./sign_in.ts";
import { View } from "./view.ts";

export interface UploadOptions {
  /** Required only for a file of an encrypted chat. */
  chatId?: string;
  /** Called with the number of bytes that the server has, and the total. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Ends the upload, and deletes the part that the server has. */
  signal?: AbortSignal;
}

interface Link {
  /** Null until it was fetched. */
  url: string | null;
  fetchedAt: number;
  view: View<string | null>;
  timer?: ReturnType<typeof setTimeout>;
}

/** Age in milliseconds after which a link is fetched again: it works for at least 15 minutes. */
const LINK_LASTS_MS = 10 * 60_000;
/** Maximum number of cached links; the least recently used are dropped. */
const MAX_LINKS = 1_000;

/**
 * Uploads and downloads, plain and for encrypted chats.
 *
 * ```ts ignore
 * const file = new File(["Hello"], "hello.txt", { type: "text/plain" });
 * const { id } = await client.files.upload(file);
 * await client.send(chatId, { mediaIds: [id] });
 * ```
 */
export class Files {
  readonly #links = new Map<string, Link>();
  /** Names of uploads in progress. */
  readonly #uploading = new Set<string>();

  /** @internal */
  constructor(
    private readonly rest: Rest,
    private readonly signIn: SignIn,
    private readonly storage: KeyStore,
  ) {}

  /**
   * Uploads a file, for the `mediaIds` of a message. The upload continues at its offset after the
   * connection breaks and, if the storage lasts, when the same file is passed again after a restart
   * of the program. Throws `offline` if the server cannot be reached for some minutes.
   *
   * ```ts ignore
   * const file = new File(["Hello"], "hello.txt", { type: "text/plain" });
   * const { size } = await client.files.upload(file, {
   *   onProgress: (sentBytes, totalBytes) => console.log(sentBytes / totalBytes),
   * });
   * assert.equal(size, 5);
   * ```
   */
  async upload(file: File, options: UploadOptions = {}): Promise<MediaView> {
    const { FileUpload } = await import("./file_upload.ts");
    const { rest, signIn, storage } = this;
    const uploading = this.#uploading;
    return await new FileUpload({ rest, signIn, storage, uploading }, file, options).run();
  }

  /**
   * Returns the bytes of a file that is not encrypted.
   *
   * ```ts ignore
   * const file = new File(["Hello"], "hello.txt", { type: "text/plain" });
   * const { id } = await client.files.upload(file);
   * const bytes = await client.files.download(id);
   * assert.equal(new TextDecoder().decode(bytes), "Hello");
   * ```
   */
  async download(mediaId: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/api/media/${encodeURIComponent(mediaId)}`;
    const response = await this.signIn.withToken((token) => {
      return this.rest.raw(path, { headers: { authorization: `Bearer ${token}` } });
    });
    return new Uint8Array(await response.arrayBuffer());
  }

  /**
   * Returns an absolute URL for `<img>`, `<video>` and downloads, which works without a header for
   * some minutes. Repeated calls return the same URL while it is valid long enough.
   *
   * ```ts ignore
   * const file = new File(["Hello"], "hello.txt", { type: "text/plain" });
   * const { id } = await client.files.upload(file);
   * const response = await fetch(await client.files.url(id));
   * assert.equal(await response.text(), "Hello");
   * ```
   */
  async url(mediaId: string, { thumbnail = false } = {}): Promise<string> {
    const link = this.#link(mediaId);
    if (link.url === null || Date.now() - link.fetchedAt > LINK_LASTS_MS) {
      const { url } = await this.signIn.withToken((token) => {
        return this.rest.call("media.link", { mediaId }, token);
      });
      Object.assign(link, { url: this.rest.base + url, fetchedAt: Date.now() });
      link.view.invalidate();
    }
    return link.url + (thumbnail ? "&thumbnail" : "");
  }

  /**
   * Returns the URL as a view, which is renewed while it has subscribers; null until it is known.
   *
   * ```ts ignore
   * const file = new File(["Hello"], "hello.txt", { type: "text/plain" });
   * const { id } = await client.files.upload(file);
   * const address = client.files.watchUrl(id);
   * assert.equal(address.getSnapshot(), null);
   * const unsubscribe = address.subscribe(() => console.log(address.getSnapshot()));
   * await client.files.url(id);
   * assert.match(address.getSnapshot(), /^http/);
   * unsubscribe();
   * ```
   */
  watchUrl(mediaId: string): View<string | null> {
    return this.#link(mediaId).view;
  }

  /**
   * Uploads ciphertext under a name without meaning; key, name and type are for the message, as one
   * of its `files`. `look` describes a picture or a recording to the recipients, because the server
   * cannot.
   *
   * ```ts ignore
   * const picture = new File(["…"], "cat.png", { type: "image/png" });
   * const look = { width: 640, height: 480 };
   * const file = await client.files.uploadEncrypted(picture, chatId, { look });
   * await client.send(chatId, { text: "My cat", files: [file] });
   * ```
   */
  async uploadEncrypted(
    file: File,
    chatId: string,
    { look, ...options }: Omit<UploadOptions, "chatId"> & { look?: FileLook } = {},
  ): Promise<FileDescriptor> {
    const { sealFile } = await import("./encryption/sealed_file.ts");
    const { sealed, describe } = await sealFile(file, look);
    return describe(await this.upload(sealed, { ...options, chatId }));
  }

  /**
   * Throws `unreadable` unless it is exactly the uploaded file.
   *
   * ```ts ignore
   * const note = new File(["Hello"], "note.txt", { type: "text/plain" });
   * const file = await client.files.uploadEncrypted(note, chatId);
   * const bytes = await client.files.downloadEncrypted(file);
   * assert.equal(new TextDecoder().decode(bytes), "Hello");
   * ```
   */
  async downloadEncrypted(file: FileDescriptor): Promise<Uint8Array<ArrayBuffer>> {
    const { openFile } = await import("./encryption/sealed_file.ts");
    return await openFile(await this.download(file.mediaId), file);
  }

  /** @internal */
  close(): void {
    for (const { timer } of this.#links.values()) clearTimeout(timer);
  }

  #link(mediaId: string): Link {
    const known = this.#links.get(mediaId);
    if (known) return known;
    for (const [id, { view }] of this.#links) {
      if (this.#links.size < MAX_LINKS) break;
      if (!view.isWatched) this.#links.delete(id);
    }
    const view: View<string | null> = new View(() => link.url, () => this.#renew(mediaId, link));
    const link: Link = { url: null, fetchedAt: 0, view };
    this.#links.set(mediaId, link);
    return link;
  }

  /** After a failure, too, the next renewal tries again. */
  #renew(mediaId: string, link: Link): void {
    clearTimeout(link.timer);
    if (!link.view.isWatched) return;
    this.url(mediaId).catch(() => {});
    link.timer = setTimeout(() => this.#renew(mediaId, link), LINK_LASTS_MS + 1_000);
  }
}
