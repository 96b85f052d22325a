import { basename, isAbsolute, relative, resolve } from "node:path";
import { AppError, quote } from "../core/errors.ts";
import { FetchRefused, type PublicGetter } from "../core/public_getter.ts";
import type { MediaOfLine } from "./lines.ts";

/** Bytes of a file from a URL, which is in memory while it is stored. */
const MAX_FETCHED_BYTES = 64 * 1024 * 1024;
/** For the whole of one file, with its redirects. */
const FETCH_TIMEOUT_MS = 60_000;
/** Attempts to fetch a file whose server does not respond. */
const ATTEMPTS = 2;

export interface OpenedFile {
  name: string;
  size: number;
  body: ReadableStream<Uint8Array>;
}

export interface MediaFilesOptions {
  /** The folder of the imported file, without symbolic links. */
  folder: string;
  /** The server's own folder: no line may publish what is in it. */
  dataDir: string;
  getter: PublicGetter;
}

/**
 * Opens what lines name: files in the folder of the imported file, and URLs at public addresses.
 */
export class MediaFiles {
  constructor(private readonly options: MediaFilesOptions) {}

  /** Throws `invalid_request` with the reason. */
  async open({ path, url, name }: MediaOfLine): Promise<OpenedFile> {
    const opened = path === undefined ? await this.#fetch(url!) : await this.#read(path);
    return name === undefined ? opened : { ...opened, name };
  }

  /** Throws as `open` does, without fetching or reading anything. */
  async check({ path }: MediaOfLine): Promise<void> {
    if (path !== undefined) await this.#locate(path);
  }

  async #read(path: string): Promise<OpenedFile> {
    const located = await this.#locate(path);
    const file = await Deno.open(located);
    const { size } = await file.stat();
    return { name: basename(located), size, body: file.readable };
  }

  /** Follows symbolic links first, so that none leads out of the folder. */
  async #locate(path: string): Promise<string> {
    const { folder, dataDir } = this.options;
    const real = await Deno.realPath(resolve(folder, path)).catch(() => null);
    const own = await Deno.realPath(dataDir).catch(() => resolve(dataDir));
    const isInside = real !== null && isWithin(real, folder) && !isWithin(real, own);
    if (isInside && (await Deno.stat(real)).isFile) return real;
    throw refused(path, "there is no such file in the folder of the import");
  }

  async #fetch(url: string): Promise<OpenedFile> {
    const bytes = await this.#bytesOf(url);
    const last = basename(new URL(url).pathname);
    return { name: named(last), size: bytes.length, body: new Blob([bytes]).stream() };
  }

  async #bytesOf(url: string, attempt = 1): Promise<Uint8Array<ArrayBuffer>> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    try {
      return await this.options.getter.get(url, { maxBytes: MAX_FETCHED_BYTES, signal });
    } catch (error) {
      if (error instanceof FetchRefused) throw refused(withoutQuery(url), error.message);
      if (attempt < ATTEMPTS) return await this.#bytesOf(url, attempt + 1);
      throw refused(withoutQuery(url), "its server does not respond");
    }
  }
}

function isWithin(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return steps !== "" && !steps.startsWith("..") && !isAbsolute(steps);
}

/** A query may hold the token of an export, which does not belong into a report. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function named(last: string): string {
  try {
    return decodeURIComponent(last) || "file";
  } catch {
    return last;
  }
}

function refused(source: string, reason: string): AppError {
  return new AppError("invalid_request", `Cannot import the file ${quote(source)}: ${reason}`);
}
