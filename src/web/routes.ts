import type { Hono } from "hono";
import { namesTag } from "../core/entity_tag.ts";
import type { HttpEnv } from "../http/http_env.ts";
import { acceptedCoding } from "./accepted_coding.ts";
import type { PageFile } from "./page_files.ts";

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="refresh" content="2"><title>RealTimeChat</title>
<h1>The page is being built</h1>
<p>It takes a few seconds after the first start. If it does not appear, build it by hand with
<code>deno task build:page</code>. The API is ready: <a href="/docs">/docs</a>.</p></html>`;

export interface PageOptions {
  /** Origin of the bucket that media is served from, if it is not this server. */
  mediaOrigin?: string;
  /**
   * Providers that people can sign in with, each as `name=Title` with the title encoded for URLs;
   * the page offers no others.
   */
  providers?: readonly string[];
  /** There no process can be started: the page is built when the app is. */
  onDenoDeploy?: boolean;
}

/**
 * The page at `/`, and the files that it is made of at `/web/`: a client of the public interface
 * and nothing more. The files are read when someone first asks, and then kept.
 */
export function mountWebPage(app: Hono<HttpEnv>, options: PageOptions = {}): void {
  const policy = policyOf(options.mediaOrigin);
  let page: Promise<Map<string, PageFile> | null> | undefined;
  const files = async () => {
    const read = page ??= import("./page_files.ts").then(({ readPage }) =>
      readPage({ ...options, mayBuild: !options.onDenoDeploy })
    );
    try {
      const found = await read;
      // It may be built meanwhile, by the launcher or by hand.
      if (found === null) page = undefined;
      return found;
    } catch (error) {
      page = undefined;
      throw error;
    }
  };
  app.get("/", async (c) => {
    const found = await files();
    if (found === null) return notBuilt(policy);
    return await fileResponse(c.req.raw, found.get("index.html")!, policy, "no-cache");
  });
  app.get("/web/:file", async (c) => {
    const file = (await files())?.get(c.req.param("file"));
    // Their names carry a hash of their content.
    return file !== undefined && isHashed(c.req.param("file"))
      ? await fileResponse(c.req.raw, file, policy, IMMUTABLE)
      : c.notFound();
  });
  // At the top, because a service worker is in charge of the paths below its own.
  app.get(`/${SERVICE_WORKER}`, async (c) => {
    const file = (await files())?.get(SERVICE_WORKER);
    return file ? fileResponse(c.req.raw, file, policy, "no-cache") : c.notFound();
  });
}

const SERVICE_WORKER = "service_worker.js";

/** All but the page itself and its service worker. */
function isHashed(name: string): boolean {
  return name !== "index.html" && name !== SERVICE_WORKER;
}

const IMMUTABLE = "public, max-age=31536000, immutable";

/**
 * Only what this server itself serves: no inline script or style, no frames, no other origin but
 * the bucket, for media. Pictures under way are `blob:` URLs of the page's own. The one policy for
 * trusted types lets the page name its service worker.
 */
function policyOf(mediaOrigin?: string): string {
  const media = mediaOrigin === undefined ? "'self' blob:" : `'self' blob: ${mediaOrigin}`;
  const connect = mediaOrigin === undefined ? "'self'" : `'self' ${mediaOrigin}`;
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src ${media}; ` +
    `media-src ${media}; connect-src ${connect}; worker-src 'self'; manifest-src 'self'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types realtimechat";
}

function notBuilt(policy: string): Response {
  return new Response(NOT_BUILT, {
    status: 503,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-store",
      "retry-after": "2",
    },
  });
}

async function fileResponse(
  request: Request,
  file: PageFile,
  policy: string,
  cacheControl: string,
): Promise<Response> {
  const coding = acceptedCoding(request.headers.get("accept-encoding"));
  const headers = new Headers({
    "content-type": file.type,
    "content-security-policy": policy,
    "cache-control": cacheControl,
    vary: "Accept-Encoding",
    // The same tag names other bytes in each coding, so there it is a weak one.
    etag: coding === null ? file.etag : `W/${file.etag}`,
  });
  if (namesTag(request.headers.get("if-none-match"), file.etag)) {
    return new Response(null, { status: 304, headers });
  }
  const body = coding === null ? file.bytes : await file.packed(coding);
  if (coding !== null) headers.set("content-encoding", coding);
  headers.set("content-length", String(body.length));
  return new Response(body, { headers });
}
