import type { MediaView } from "../api/views/media.ts";
import { Backoff } from "./backoff.ts";
import { ChatError, isPassing } from "./chat_error.ts";
import type { UploadOptions } from "./files.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { Rest } from "./rest.ts";
import type { SignIn } from "./sign_in.ts";
import { fromUtf8, utf8 } from "./utf8.ts";

export interface UploadHost {
  rest: Rest;
  signIn: SignIn;
  /** Keeps the URL of an unfinished upload. */
  storage: KeyStore;
  /** Names of uploads in progress: of two uploads of one file, only one is stored. */
  uploading: Set<string>;
}

/**
 * Version of the stored record; a record of another version is dropped, and the upload starts
 * again.
 */
const VERSION = 1;
const FIRST_CHUNK = 256 * 1024;
const MAX_CHUNK = 8 * 1024 * 1024;
/** Milliseconds: a chunk that takes less is followed by one of twice its size. */
const FAST_MS = 1_000;
/** Milliseconds after which a request has failed. */
const TIMEOUT_MS = 60_000;
/**
 * Consecutive failures, with growing pauses between them, after which the upload fails: some
 * minutes.
 */
const MAX_FAILURES = 12;
/** Maximum number of stored records of unfinished uploads; older ones are deleted. */
const MAX_KEPT = 50;

/** One upload by tus 1.0, in chunks: it continues at the server's offset. */
export class FileUpload {
  readonly #name: string;
  readonly #backoff = new Backoff();
  #url: string | null = null;
  #offset = 0;
  #chunk = FIRST_CHUNK;
  #failures = 0;

  constructor(
    private readonly host: UploadHost,
    private readonly file: File,
    private readonly options: UploadOptions,
  ) {
    const { name, size, lastModified } = file;
    const { chatId = "" } = options;
    this.#name = `${this.#prefix}${chatId}/${size}/${lastModified}/${name}`;
  }

  async run(): Promise<MediaView> {
    const { uploading } = this.host;
    const isKept = !uploading.has(this.#name);
    if (isKept) uploading.add(this.#name);
    try {
      if (isKept) await this.#findKept();
      while (this.#url === null || this.#offset < this.file.size) await this.#step(isKept);
      return await this.#finished();
    } catch (error) {
      if (this.options.signal?.aborted) await this.#terminate();
      throw error;
    } finally {
      if (isKept) uploading.delete(this.#name);
    }
  }

  /**
   * Creates the upload, or sends a chunk; after a temporary failure, waits and asks for the offset.
   */
  async #step(isKept: boolean): Promise<void> {
    try {
      if (this.#failures > 0 && this.#url !== null) await this.#findOffset();
      else if (this.#url === null) await this.#create(isKept);
      else await this.#sendChunk();
      this.#failures = 0;
    } catch (error) {
      await this.#recover(error);
    }
  }

  async #recover(error: unknown): Promise<void> {
    this.options.signal?.throwIfAborted();
    // The server may still be processing an earlier request of this client that broke off.
    const isBusy = error instanceof ChatError && error.code === "conflict";
    if (!isPassing(error) && !isBusy) {
      await this.#keep(null);
      throw error;
    }
    if (++this.#failures > MAX_FAILURES) throw error;
    this.#chunk = Math.max(FIRST_CHUNK, this.#chunk / 2);
    await this.#pause(this.#backoff.next(error));
  }

  async #create(isKept: boolean): Promise<void> {
    const { name, size } = this.file;
    const { chatId } = this.options;
    const metadata = [`filename ${base64(name)}`, chatId && `chatId ${base64(chatId)}`];
    const response = await this.#request("POST", "/api/media/uploads", {
      "upload-length": String(size),
      "upload-metadata": metadata.filter(Boolean).join(","),
    });
    this.#url = new URL(response.headers.get("location")!, "http://server").pathname;
    if (isKept) await this.#keep(this.#url);
  }

  async #sendChunk(): Promise<void> {
    const began = performance.now();
    const chunk = this.file.slice(this.#offset, this.#offset + this.#chunk);
    const response = await this.#request("PATCH", this.#url!, {
      "upload-offset": String(this.#offset),
      "content-type": "application/offset+octet-stream",
    }, chunk);
    this.#backoff.reset();
    if (performance.now() - began < FAST_MS) this.#chunk = Math.min(MAX_CHUNK, this.#chunk * 2);
    this.#reached(response);
  }

  async #findOffset(): Promise<void> {
    this.#reached(await this.#request("GET", this.#url!));
  }

  #reached(response: Response): void {
    this.#offset = Number(response.headers.get("upload-offset"));
    this.options.onProgress?.(this.#offset, this.file.size);
  }

  async #finished(): Promise<MediaView> {
    await this.#keep(null);
    const mediaId = this.#url!.split("/").at(-1)!;
    return await this.host.signIn.withToken((token) => {
      return this.host.rest.call("media.get", { mediaId }, token);
    });
  }

  async #terminate(): Promise<void> {
    await this.#keep(null);
    if (this.#url !== null) {
      await this.#request("DELETE", this.#url, {}, null, false).catch(() => {});
    }
  }

  async #request(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: Blob | null = null,
    isAbortable = true,
  ): Promise<Response> {
    const { signal } = this.options;
    if (isAbortable) signal?.throwIfAborted();
    const own = new AbortController();
    const abort = () => own.abort();
    const timer = setTimeout(abort, TIMEOUT_MS);
    if (isAbortable) signal?.addEventListener("abort", abort);
    try {
      const response = await this.host.signIn.withToken((token) => {
        const authorization = `Bearer ${token}`;
        const all = { authorization, "tus-resumable": "1.0.0", ...headers };
        return this.host.rest.raw(path, { method, headers: all, body, signal: own.signal });
      });
      // Its headers say everything; an unread body could keep the connection from the next request.
      await response.body?.cancel().catch(() => {});
      return response;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Continues an upload of an earlier run, if the server still has it. */
  async #findKept(): Promise<void> {
    const stored = await this.host.storage.read(this.#name);
    if (!stored) return;
    try {
      const { v, url } = JSON.parse(fromUtf8(stored));
      if (v !== VERSION) return;
      this.#reached(await this.#request("GET", url));
      this.#url = url;
    } catch (error) {
      this.options.signal?.throwIfAborted();
      // It has expired, or its record cannot be read, so the upload starts again.
      if (isPassing(error)) throw error;
    }
  }

  async #keep(url: string | null): Promise<void> {
    const { storage } = this.host;
    const changes = {
      [this.#name]: url === null ? null : utf8(JSON.stringify({ v: VERSION, url })),
    };
    const others = url === null ? [] : await storage.names(this.#prefix);
    if (others.length > MAX_KEPT) {
      for (const name of others) if (name !== this.#name) changes[name] = null;
    }
    await storage.write(changes);
  }

  get #prefix(): string {
    return `upload/${this.host.signIn.personId}/`;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.options;
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    });
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...utf8(text)));
}
