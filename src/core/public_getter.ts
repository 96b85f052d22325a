import type { RequestOptions } from "node:https";
import { publicAddressesOf, publicLookup, type Resolve } from "./public_lookup.ts";
import { requestBySocket } from "./socket_request.ts";
import { untilAborted } from "./until_aborted.ts";

export interface PublicGetterOptions {
  /** Origins that may have private addresses or plain HTTP: the operator's own. */
  allowedOrigins?: readonly string[];
  /** The header Accept; images by default. */
  accept?: string;
  /** Replaceable for tests. */
  resolve?: Resolve;
}

export interface GetLimits {
  maxBytes: number;
  signal: AbortSignal;
}

/** A file could not be fetched; the message says why, and is shown to the caller. */
export class FetchRefused extends Error {
  override readonly name = "FetchRefused";
}

const MAX_REDIRECTS = 3;
/** Before Deno 2.6 node:https accepts no lookup, see `PublicPoster`. */
const HAS_SOCKET_LOOKUP = !/^2\.[0-5]\./.test(Deno.version.deno);

/**
 * Fetches small files from URLs that others chose: only https, only from public addresses, at most
 * so many bytes. Each redirect is checked like the first URL.
 */
export class PublicGetter {
  readonly #allowed: ReadonlySet<string>;
  readonly #headers: Headers;
  readonly #resolve: Resolve | undefined;

  constructor({ allowedOrigins = [], accept = "image/*", resolve }: PublicGetterOptions = {}) {
    this.#allowed = new Set(allowedOrigins);
    this.#headers = { accept, "user-agent": "RealTimeChat" };
    this.#resolve = resolve;
  }

  /** Throws `FetchRefused`, the signal's reason, or the connection's error. */
  async get(start: string, limits: GetLimits): Promise<Uint8Array<ArrayBuffer>> {
    let url = new URL(start);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#one(url, limits);
      if (answer.location === null) return answer.bytes;
      if (!URL.canParse(answer.location, url)) throw new FetchRefused("its redirect leads nowhere");
      url = new URL(answer.location, url);
    }
    throw new FetchRefused(`it redirects more than ${MAX_REDIRECTS} times`);
  }

  async #one(url: URL, limits: GetLimits): Promise<Answer> {
    if (this.#allowed.has(url.origin)) return await byFetch(url, this.#headers, limits);
    if (url.protocol !== "https:") throw new FetchRefused("its URL is not https");
    try {
      await untilAborted(publicAddressesOf(url.hostname, this.#resolve), limits.signal);
    } catch (error) {
      if (limits.signal.aborted) throw error;
      throw new FetchRefused("its host has no public address");
    }
    if (!HAS_SOCKET_LOOKUP) return await byFetch(url, this.#headers, limits);
    return await byNode(url, this.#headers, limits, publicLookup(this.#resolve));
  }
}

interface Answer {
  /** Target of a redirect; null for the file itself. */
  location: string | null;
  bytes: Uint8Array<ArrayBuffer>;
}

type Headers = Readonly<Record<string, string>>;

async function byFetch(
  url: URL,
  headers: Headers,
  { maxBytes, signal }: GetLimits,
): Promise<Answer> {
  const response = await fetch(url, { headers, redirect: "manual", signal });
  const { status, body } = response;
  return await read(status, response.headers.get("location"), body ?? [], maxBytes);
}

function byNode(
  url: URL,
  headers: Headers,
  { maxBytes, signal }: GetLimits,
  lookup: ReturnType<typeof publicLookup>,
): Promise<Answer> {
  const request = {
    method: "GET",
    // Without a pool, so that every connection looks the address up.
    agent: false,
    // The types of Node's `lookup` require more overloads than sockets use.
    lookup: lookup as unknown as RequestOptions["lookup"],
    headers,
    signal,
    maxBytes,
  };
  return requestBySocket(url, request, (answer) => {
    return read(answer.statusCode ?? 0, answer.headers.location ?? null, answer, maxBytes);
  });
}

/** Leaving the loop early cancels the stream, and with it the connection. */
async function read(
  status: number,
  location: string | null,
  body: AsyncIterable<Uint8Array> | Uint8Array[],
  maxBytes: number,
): Promise<Answer> {
  const isRedirect = status >= 300 && status < 400 && location !== null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (isRedirect || status !== 200) break;
    size += chunk.length;
    if (size > maxBytes) throw new FetchRefused(`it has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (isRedirect) return { location, bytes: new Uint8Array() };
  if (status !== 200) throw new FetchRefused(`its server returned status ${status}`);
  return { location: null, bytes: joined(chunks, size) };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
