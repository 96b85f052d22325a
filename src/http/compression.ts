/**
 * Minimum size for compression: below it, the saving is smaller than the headers of the response.
 */
const MIN_BYTES = 1024;

/** Compression level: for text, 5 saves nearly as much as 9 in a third of the time. */
const LEVEL = 5;

/** Maximum number of compressed static files in the cache. */
const MAX_KEPT = 100;
const kept = new Map<string, Uint8Array<ArrayBuffer>>();

/**
 * Paths whose responses hold a secret next to text that the request can influence: tokens, recovery
 * codes, signed URLs. If they were compressed, their length would reveal how well a guess in the
 * request matches the secret (BREACH).
 */
const SECRET_PATHS = [/^\/api\/auth\//, /^\/api\/media\/(presign|[^/]+\/link)$/];

const STATIC_PATHS = /^\/($|web\/|docs($|\/)|api\/(openapi|asyncapi)\.json$)/;

/**
 * True if the response of this path may be compressed: static files, and JSON of the API without
 * secrets.
 */
export function isCompressible(path: string, { status, headers, body }: Response): boolean {
  if (body === null || status < 200 || status === 206) return false;
  // Downloads are excluded too, because they are streamed and must not be collected in memory.
  const isOther = ["content-encoding", "content-range", "content-disposition"]
    .some((name) => headers.has(name));
  if (isOther) return false;
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  if (STATIC_PATHS.test(path)) return /^(text\/|image\/svg|application\/json)/.test(type);
  const isJson = type === "application/json" || type === "application/problem+json";
  return isJson && path.startsWith("/api/") && !SECRET_PATHS.some((each) => each.test(path));
}

/**
 * Returns the response in gzip if that saves bytes and the client accepts it. The entity tag of a
 * compressed response is weak, because the same tag also names the uncompressed bytes.
 */
export async function compressed(request: Request, response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (!/(^|,)\s*accept-encoding\s*(,|$)/i.test(headers.get("vary") ?? "")) {
    headers.append("vary", "Accept-Encoding");
  }
  const { status, statusText } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isTaken = takesGzip(request.headers.get("accept-encoding"));
  if (bytes.length < MIN_BYTES || !isTaken) {
    headers.set("content-length", String(bytes.length));
    return new Response(bytes, { status, statusText, headers });
  }
  const packed = await packedOf(new URL(request.url).pathname, headers.get("etag"), bytes);
  headers.set("content-encoding", "gzip");
  headers.set("content-length", String(packed.length));
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
  return new Response(packed, { status, statusText, headers });
}

/**
 * Compresses off the event loop, with a module that is loaded on first use. A response with an
 * entity tag is a static file, so its compressed form is cached.
 */
async function packedOf(
  path: string,
  etag: string | null,
  bytes: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = etag === null ? null : `${path} ${etag}`;
  const known = key !== null && kept.get(key);
  if (known) return known;
  const packed = await compress(bytes);
  if (key !== null && kept.size < MAX_KEPT) kept.set(key, packed);
  return packed;
}

async function compress(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { gzip } = await import("node:zlib");
  return await new Promise((resolve, reject) => {
    gzip(bytes, { level: LEVEL }, (error, packed) => {
      if (error) reject(error);
      else resolve(new Uint8Array(packed));
    });
  });
}

/** True if the `Accept-Encoding` header permits gzip (RFC 9110, section 12.5.3). */
function takesGzip(accepted: string | null): boolean {
  const codings = (accepted ?? "").toLowerCase().split(",").map((each) => each.trim());
  const gzipped = codings.find((each) => /^(x-)?gzip(;|$)/.test(each)) ??
    codings.find((each) => each.startsWith("*"));
  return gzipped !== undefined && !/;\s*q=0(\.0*)?\s*$/.test(gzipped);
}
