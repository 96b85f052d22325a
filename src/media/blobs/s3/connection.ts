import type { S3 } from "@aws-sdk/client-s3";
import { AppError } from "../../../core/errors.ts";
import { untilAborted } from "../../../core/until_aborted.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

export interface S3Config {
  /**
   * Multipart uploads that were abandoned in the bucket are swept: let nothing else use it, or give
   * a prefix.
   */
  bucket: string;
  region: string;
  /** Of an S3-compatible server; addressed by path. Without one, it is AWS's. */
  endpoint?: string;
  /** Where clients reach that server, if elsewhere: signed URLs begin with it. */
  publicEndpoint?: string;
  /** Without them, the SDK's own chain looks (instance roles and so on). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Goes before every key; ends in `/`. */
  prefix?: string;
  /** Bytes; at least 5 MiB, which is S3's minimum for all parts but the last. 8 MiB by default. */
  partSize?: number;
  /** Until the server begins to answer; a minute by default. */
  requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** The SDK is loaded with the first call: it is large, and not every deployment uses it. */
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

  /** For signing URLs, which takes no connection: the host is part of what is signed. */
  openSigner(): Promise<{ sdk: Sdk; s3: S3 }> {
    const { endpoint, publicEndpoint = endpoint } = this.#config;
    if (publicEndpoint === endpoint) return this.open();
    return this.#signer ??= this.#open(publicEndpoint);
  }

  /** The answer; `unavailable` if the server could not be asked. Its refusals are thrown as they are. */
  async call<T>(work: (s3: S3) => Promise<T>): Promise<T> {
    const { s3 } = await this.open();
    try {
      return await untilAborted(work(s3), this.#stop.signal);
    } catch (cause) {
      if (isRefusal(cause, 404, 412, 416)) throw cause;
      throw new AppError("unavailable", "The media store cannot be reached", { cause });
    }
  }

  /** As `call`, or null where the object or the upload is not there. */
  async callOrNull<T>(work: (s3: S3) => Promise<T>): Promise<T | null> {
    try {
      return await this.call(work);
    } catch (error) {
      if (isRefusal(error, 404)) return null;
      throw error;
    }
  }

  /** Calls that are under way fail with `unavailable`. */
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
      // The default adds a CRC32 that not every compatible server knows, and that a presigned PUT
      // would have to carry.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // Without the flag the SDK only warns when the time is over, and waits on.
      requestHandler: {
        connectionTimeout: 5_000,
        requestTimeout: this.#config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        throwOnRequestTimeout: true,
      },
    });
    return { sdk, s3 };
  }
}

/** Whether the server answered with one of these statuses. A missing bucket is not a missing object. */
export function isRefusal(error: unknown, ...statuses: number[]): boolean {
  if (!(error instanceof Error) || error.name === "NoSuchBucket") return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && statuses.includes(status);
}
