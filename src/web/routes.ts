import type { Hono } from "hono";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import type { HttpEnv } from "../http/http_env.ts";

/** Only what this server itself serves: no inline script or style, no frames, no other origin. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'";

const FOLDER = new URL("./page/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

interface PageFile {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/**
 * The demo page at `/`, and the files that it is made of at `/web/`: a client of the public interface
 * and nothing more. The files are read when someone first asks, and then kept.
 */
export function mountWebPage(app: Hono<HttpEnv>): void {
  let files: Promise<Map<string, PageFile>> | undefined;
  const serve = async (request: Request, name: string) => {
    files ??= readFiles().catch((error) => {
      files = undefined;
      throw error;
    });
    const file = (await files).get(name);
    return file && fileResponse(request, file);
  };
  app.get("/", async (c) => await serve(c.req.raw, "index.html") ?? c.notFound());
  app.get("/web/:file", async (c) => await serve(c.req.raw, c.req.param("file")) ?? c.notFound());
}

async function readFiles(): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    const type = TYPES[name.split(".").at(-1)!];
    if (!type) continue;
    const bytes = await Deno.readFile(new URL(name, FOLDER));
    files.set(name, { bytes, headers: headersOf(type, bytes) });
  }
  return files;
}

/**
 * The modules import each other by fixed names, so a browser has to ask each time whether its copy is
 * still right; that costs an answer without a body.
 */
function headersOf(type: string, bytes: Uint8Array): Record<string, string> {
  return {
    "content-type": type,
    "content-security-policy": POLICY,
    "cache-control": "no-cache",
    etag: entityTagOf(bytes),
  };
}

function fileResponse(request: Request, { bytes, headers }: PageFile): Response {
  if (namesTag(request.headers.get("if-none-match"), headers.etag)) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(bytes, { headers });
}
