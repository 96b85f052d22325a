import type { S3 } from "@aws-sdk/client-s3";
import { AppError } from "../../../core/errors.ts";
import { untilAborted } from "../../../core/until_aborted.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

export interface S3Config {
  /**
   * Abandoned multipart uploads in the bucket are swept: use it for nothing else, or set a prefix.
   */
  bucket: string;
  region: string;
  /** Address of an S3-compatible server, with buckets in the path. Defaults to AWS. */
  endpoint?: string;
  /** Address of that server for clients, if it differs: signed URLs begin with it. */
  publicEndpoint?: string;
  /** Defaults to the SDK's own credential chain (instance roles and so on). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Prepended to every key; ends in `/`. */
  prefix?: string;
  /** Bytes; at least 5 MiB, which is S3's minimum for all parts but the last. 8 MiB by default. */
  partSize?: number;
  /** Milliseconds until the server must begin to respond; a minute by default. */
  requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Far above the downloads that may be open at a time (open_downloads.ts), each of which holds a
 * connection: with the SDK's 50, slow clients kept everybody from the media store.
 */
const MAX_CONNECTIONS = 1_000;

/** Loads the SDK on the first call: it is large, and not every deployment uses it. */
export class S3Connection {
  readonly #config: S3Config;
  #opened?: Promise<{ sdk: Sdk; s3: S3 }>;
  #signer?: Promise<{ sdk: Sdk; s3: S3 }>;
  readonly #stop = new AbortController();

  constructor(config: S3Config) {
    this.#config = config;
  }

  open(): Promise<{ sdk: Sdk; s3: S3 }> {
    return this.#opened ??= this.#open(this.#config.endpoint);
  }

  /** For signing URLs, which needs no connection: the host is part of what is signed. */
  openSigner(): Promise<{ sdk: Sdk; s3: S3 }> {
    const { endpoint, publicEndpoint = endpoint } = this.#config;
    if (publicEndpoint === endpoint) return this.open();
    return this.#signer ??= this.#open(publicEndpoint);
  }

  /**
   * Returns the response; throws `unavailable` if the server is unreachable. Refusals are rethrown
   * unchanged.
   */
  async call<T>(work: (s3: S3) => Promise<T>): Promise<T> {
    const { s3 } = await this.open();
    try {
      return await untilAborted(work(s3), this.#stop.signal);
    } catch (cause) {
      if (isRefusal(cause, 404, 412, 416)) throw cause;
      throw new AppError(
        "unavailable",
        "Cannot reach the media store: the request failed or timed out",
        { cause },
      );
    }
  }

  /** Like `call`, but returns null if the object or the upload does not exist. */
  async callOrNull<T>(work: (s3: S3) => Promise<T>): Promise<T | null> {
    try {
      return await this.call(work);
    } catch (error) {
      if (isRefusal(error, 404)) return null;
      throw error;
    }
  }

  /** Calls in flight fail with `unavailable`. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("The server is stopping"));
    for (const opened of [this.#opened, this.#signer]) (await opened)?.s3.destroy();
  }

  async #open(endpoint: string | undefined) {
    const sdk = await import("@aws-sdk/client-s3");
    const { region, credentials } = this.#config;
    const s3 = new sdk.S3({
      region,
      ...(endpoint && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
      // The default adds a CRC32 that not every compatible server supports, and that a presigned
      // PUT would have to contain.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // Without the flag the SDK only warns when the timeout is over, and keeps waiting.
      requestHandler: {
        connectionTimeout: 5_000,
        requestTimeout: this.#config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: MAX_CONNECTIONS },
        httpsAgent: { maxSockets: MAX_CONNECTIONS },
      },
    });
    return { sdk, s3 };
  }
}

/**
 * True if the server returned one of these statuses. A missing bucket does not count as a missing
 * object.
 */
export function isRefusal(error: unknown, ...statuses: number[]): boolean {
  if (!(error instanceof Error) || error.name === "NoSuchBucket") return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && statuses.includes(status);
}
