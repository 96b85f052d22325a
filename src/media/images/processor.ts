import { AppError, quote } from "../../core/errors.ts";
import { FairQueue, QueueFull } from "../../core/fair_queue.ts";
import { detectFileType } from "../file_type.ts";
import {
  IMAGE_CONTENT_TYPES,
  type ImageContentType,
  type ImageJob,
  type ImageLimits,
  type ImageReply,
  type ProcessedImage,
} from "./job.ts";

export type { ProcessedImage } from "./job.ts";

export interface ImageProcessorOptions extends Partial<ImageLimits> {
  /** Milliseconds after which an image is given up and its worker is terminated. */
  timeoutMs?: number;
  /**
   * Milliseconds after which an idle worker is ended: WebAssembly releases no memory while it
   * lives.
   */
  idleMs?: number;
  /** Limit of the decoder's memory in bytes; by default somewhat more than `memoryBytes`. */
  ceilingBytes?: number;
  /** Maximum number of waiting images, in total and per user. */
  maxWaiting?: number;
  maxWaitingPerOwner?: number;
}

/** 50 megapixels are the largest photos that phones take by default. */
const DEFAULTS = {
  maxPixels: 50_000_000,
  maxFrames: 500,
  thumbnailSize: 320,
  memoryBytes: 512 * 1024 ** 2,
  timeoutMs: 60_000,
  idleMs: 60_000,
  maxWaiting: 200,
  maxWaitingPerOwner: 50,
};

/** Memory of the decoder besides the image: code, tables and the stacks of its threads. */
const DECODER_BYTES = 96 * 1024 ** 2;

/**
 * Turns an uploaded image into one that is safe to share: see `ProcessedImage`. One worker, started
 * on first use, processes one image at a time; users with waiting images take turns. Only one image
 * is in memory, because each is read only when its turn comes.
 */
export class ImageProcessor {
  readonly #options: Required<ImageProcessorOptions>;
  readonly #queue: FairQueue;
  #worker: ImageWorker | null = null;
  #idleTimer?: ReturnType<typeof setTimeout>;
  #closed = false;

  constructor(options: ImageProcessorOptions = {}) {
    const { memoryBytes = DEFAULTS.memoryBytes } = options;
    this.#options = { ...DEFAULTS, ceilingBytes: memoryBytes + DECODER_BYTES, ...options };
    const { maxWaiting, maxWaitingPerOwner: maxPerKey } = this.#options;
    this.#queue = new FairQueue({ maxWaiting, maxPerKey });
  }

  /**
   * `read` is called when the worker is free; its bytes are transferred and cannot be used
   * afterwards. Throws `unsupported_media_type` for anything but JPEG, PNG, GIF, WebP or AVIF,
   * `invalid_request` for an image that is damaged, declares too many pixels or frames, or takes
   * too long or too much memory, and `unavailable` while too many are waiting.
   */
  async process(
    ownerId: string,
    read: () => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<ProcessedImage> {
    if (this.#closed) throw tooMany(this.#queue.waiting);
    try {
      return await this.#queue.run(ownerId, () => this.#process(read));
    } catch (error) {
      if (error instanceof QueueFull) throw tooMany(error.waiting);
      throw error;
    }
  }

  /** Finishes the waiting images and accepts no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue.idle();
    await this.#end();
  }

  async #process(read: () => Promise<Uint8Array<ArrayBuffer>>): Promise<ProcessedImage> {
    const bytes = await read();
    const contentType = imageType(bytes);
    clearTimeout(this.#idleTimer);
    // It may have died while it was idle.
    if (this.#worker?.isDead) this.#worker = null;
    const { maxPixels, maxFrames, thumbnailSize, memoryBytes, timeoutMs } = this.#options;
    const worker = this.#worker ??= new ImageWorker(this.#options.ceilingBytes);
    try {
      const limits = { maxPixels, maxFrames, thumbnailSize, memoryBytes };
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

/** Milliseconds that an ended worker may spend on its last image. */
const GRACE_MS = 60_000;

/**
 * Saved before anything replaces the global: wasm-vips, when loaded in the main thread (as tests
 * do), installs Node's.
 */
const WebWorker = globalThis.Worker;

/** Wraps one worker; any error ends it. */
class ImageWorker {
  readonly #worker: Worker;
  #ready = false;
  isDead = false;

  /** `memoryBytes` limits the decoder's memory; the worker reads it from its name. */
  constructor(memoryBytes: number) {
    const url = new URL("./worker.ts", import.meta.url);
    this.#worker = new WebWorker(url, { type: "module", name: `image_worker:${memoryBytes}` });
  }

  async run(job: ImageJob, timeoutMs: number): Promise<ProcessedImage> {
    const { promise, resolve, reject } = Promise.withResolvers<ProcessedImage>();
    const fail = (error: AppError) => {
      this.end();
      reject(error);
    };
    // Messages sent before the worker listens would be lost.
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
      fail(this.#ready ? refused("it crashes the decoder", cause) : cannotStart(cause));
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
   * Asks the worker to end, which frees its memory at once, and terminates one that does not react
   * within `GRACE_MS`. Terminating leaks libvips' threads, and with them its memory.
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

function tooMany(waiting: number): AppError {
  const message = `Cannot process an image now: ${waiting} are waiting`;
  return new AppError("unavailable", message, { retryAfter: 5 });
}

function imageType(bytes: Uint8Array): ImageContentType {
  const { contentType } = detectFileType(bytes);
  const supported = IMAGE_CONTENT_TYPES.find((type) => type === contentType);
  if (supported) return supported;
  throw new AppError("unsupported_media_type", `Cannot process an image of ${quote(contentType)}`);
}

function refused(reason: string, cause?: unknown): AppError {
  return new AppError("invalid_request", `Cannot use this image: ${reason}`, { cause });
}

function cannotStart(cause: unknown): AppError {
  return new AppError(
    "unavailable",
    "Cannot process the image: the image processor failed to start",
    { cause },
  );
}
