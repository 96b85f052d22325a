import { AppError, quote } from "../core/errors.ts";
import { detectFileType } from "./file_type.ts";
import {
  IMAGE_CONTENT_TYPES,
  type ImageContentType,
  type ImageJob,
  type ImageLimits,
  type ImageReply,
  type ProcessedImage,
} from "./image_job.ts";

export type { ProcessedImage } from "./image_job.ts";

export interface ImageProcessorOptions extends Partial<ImageLimits> {
  /** After which a picture is given up, and the worker with it. */
  timeoutMs?: number;
  /** After which an idle worker is ended: WebAssembly gives no memory back while it lives. */
  idleMs?: number;
  /** How many pictures may wait. */
  maxWaiting?: number;
}

/** 50 megapixels are the largest photos that phones take by default, and 200 MB at the most while one is turned. */
const DEFAULTS = {
  maxPixels: 50_000_000,
  maxFrames: 500,
  thumbnailSize: 320,
  timeoutMs: 60_000,
  idleMs: 60_000,
  maxWaiting: 100,
};

/**
 * Turns an uploaded picture into one that is safe to share: see `ProcessedImage`. Pictures are taken
 * one at a time, in order, by one worker that is started when first needed; memory is that of one
 * picture, since each is read only when its turn comes.
 */
export class ImageProcessor {
  readonly #options: Required<ImageProcessorOptions>;
  #worker: ImageWorker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idleTimer?: ReturnType<typeof setTimeout>;
  #closed = false;

  constructor(options: ImageProcessorOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * `read` is called when the worker is free; the bytes it gives are moved away and cannot be used any
   * more. Throws `unsupported_media_type` for what is not JPEG, PNG, GIF, WebP or AVIF,
   * `invalid_request` for a picture that is damaged, declares too many pixels or frames, or takes too
   * long, and `unavailable` while too many wait. An animated PNG becomes a still one.
   */
  process(read: () => Promise<Uint8Array<ArrayBuffer>>): Promise<ProcessedImage> {
    if (this.#closed || this.#waiting >= this.#options.maxWaiting) {
      const message = `Cannot process an image now: ${this.#waiting} are waiting`;
      return Promise.reject(new AppError("unavailable", message, { retryAfter: 5 }));
    }
    this.#waiting++;
    const turn = this.#last.then(() => this.#take(read)).finally(() => this.#waiting--);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Lets what is waiting finish, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#end();
  }

  async #take(read: () => Promise<Uint8Array<ArrayBuffer>>): Promise<ProcessedImage> {
    const bytes = await read();
    const contentType = imageType(bytes);
    clearTimeout(this.#idleTimer);
    // It may have broken while it was idle.
    if (this.#worker?.isDead) this.#worker = null;
    const worker = this.#worker ??= new ImageWorker();
    try {
      const { maxPixels, maxFrames, thumbnailSize, timeoutMs } = this.#options;
      const limits = { maxPixels, maxFrames, thumbnailSize };
      return await worker.run({ bytes, contentType, limits }, timeoutMs);
    } finally {
      if (worker.isDead) this.#end();
      else this.#endWhenIdle();
    }
  }

  #endWhenIdle(): void {
    this.#idleTimer = setTimeout(() => this.#end(), this.#options.idleMs);
    Deno.unrefTimer(this.#idleTimer);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.end();
  }
}

/** How long a worker that was told to end may go on with its last picture. */
const GRACE_MS = 60_000;

/** From before anything replaces the global: wasm-vips, loaded in the main thread (as tests do), puts Node's there. */
const WebWorker = globalThis.Worker;

/** One worker's life: whatever goes wrong in it is the end of it. */
class ImageWorker {
  readonly #worker: Worker;
  #ready = false;
  isDead = false;

  constructor() {
    const url = new URL("./image_worker.ts", import.meta.url);
    this.#worker = new WebWorker(url, { type: "module", name: "image_worker" });
  }

  async run(job: ImageJob, timeoutMs: number): Promise<ProcessedImage> {
    const { promise, resolve, reject } = Promise.withResolvers<ProcessedImage>();
    const fail = (error: AppError) => {
      this.end();
      reject(error);
    };
    // What is sent before the worker listens would be lost.
    const start = () => {
      this.#ready = true;
      this.#worker.postMessage(job, [job.bytes.buffer]);
    };
    this.#worker.onmessage = ({ data }: MessageEvent<ImageReply>) => {
      if (data.kind === "ready") start();
      else if (data.kind === "done") resolve(data.image);
      else if (data.kind === "refused") reject(refused(data.reason));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const cause = event.error ?? event.message;
      this.isDead = true;
      this.#worker.terminate();
      fail(this.#ready ? refused("it breaks the decoder", cause) : cannotStart(cause));
    };
    const timer = setTimeout(() => fail(refused(`it takes more than ${timeoutMs} ms`)), timeoutMs);
    if (this.#ready) start();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Asks the worker to end, which frees its memory at once, and terminates one that cannot hear
   * within `GRACE_MS`. What is terminated leaves libvips' threads, and so its memory, behind.
   */
  async end(): Promise<void> {
    if (this.isDead) return;
    this.isDead = true;
    if (this.#ready) await this.#askToEnd();
    this.#worker.terminate();
  }

  #askToEnd(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, GRACE_MS);
    Deno.unrefTimer(timer);
    this.#worker.onmessage = ({ data }: MessageEvent<ImageReply>) => {
      if (data.kind === "ended") resolve();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      resolve();
    };
    this.#worker.postMessage("end");
    return promise.finally(() => clearTimeout(timer));
  }
}

function imageType(bytes: Uint8Array): ImageContentType {
  const { contentType } = detectFileType(bytes);
  const known = IMAGE_CONTENT_TYPES.find((type) => type === contentType);
  if (known) return known;
  throw new AppError("unsupported_media_type", `Cannot process an image of ${quote(contentType)}`);
}

function refused(reason: string, cause?: unknown): AppError {
  return new AppError("invalid_request", `Cannot use this image: ${reason}`, { cause });
}

function cannotStart(cause: unknown): AppError {
  return new AppError("unavailable", "The image processor cannot start", { cause });
}
