import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { entityTagOf } from "../core/entity_tag.ts";
import { buildPage, builtFolder, isBuilt } from "./build/build_page.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

export type Coding = "br" | "gzip";

export interface PageFile {
  type: string;
  etag: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Compressed when first asked for, and then kept: most parts of the page are never fetched. */
  packed(coding: Coding): Promise<Uint8Array<ArrayBuffer>>;
}

export interface ReadOptions {
  /** Providers that people can sign in with, to be named in the page. */
  providers?: readonly string[];
  mayBuild: boolean;
}

/**
 * Returns the files of the built page by name. A page that is not built yet is built now if
 * `mayBuild` and this process may run Deno's bundler; otherwise returns null.
 */
export async function readPage(
  { providers = [], mayBuild }: ReadOptions,
): Promise<Map<string, PageFile> | null> {
  const folder = await builtFolder();
  if (!await isBuilt(folder)) {
    if (!mayBuild || !await mayRun()) return null;
    await buildPage();
  }
  const files = new Map<string, PageFile>();
  for await (const { name } of Deno.readDir(folder)) {
    const bytes = await Deno.readFile(new URL(name, folder));
    files.set(name, pageFile(name, name === "index.html" ? filled(bytes, providers) : bytes));
  }
  return files;
}

/** `deno task start` lets only its launcher start processes, and so do the tests. */
async function mayRun(): Promise<boolean> {
  const names = ["run", "write"] as const;
  const states = await Promise.all(names.map((name) => Deno.permissions.query({ name })));
  return states.every(({ state }) => state === "granted");
}

function filled(html: Uint8Array, providers: readonly string[]): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(html);
  return new TextEncoder().encode(text.replace("{{providers}}", providers.join(" ")));
}

/** Throws for a name whose ending has no media type: the browser would have to guess it. */
export function pageFile(name: string, bytes: Uint8Array<ArrayBuffer>): PageFile {
  const type = TYPES[name.split(".").at(-1)!];
  if (!type) throw new Error(`Cannot serve ${name} of the page: its ending has no media type`);
  const packed = new Map<Coding, Promise<Uint8Array<ArrayBuffer>>>();
  return {
    type,
    etag: entityTagOf(bytes),
    bytes,
    packed(coding) {
      let found = packed.get(coding);
      if (!found) packed.set(coding, found = PACK[coding](bytes));
      return found;
    },
  };
}

/** At the highest level, since each file is packed once and then kept. */
const PACK: Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>> = {
  async br(bytes) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    return new Uint8Array(await promisify(brotliCompress)(bytes, { params }));
  },
  async gzip(bytes) {
    return new Uint8Array(await promisify(gzip)(bytes, { level: 9 }));
  },
};
