import type { Hono } from "hono";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import { lazy } from "../core/lazy.ts";
import type { HttpEnv } from "./http_env.ts";

/**
 * Serves a document that is made by the first request and then kept as text; a client that has it need not
 * fetch it again.
 */
export function mountJsonDocument(
  app: Hono<HttpEnv>,
  path: string,
  make: () => Promise<unknown>,
): void {
  const render = async () => {
    const text = JSON.stringify(await make());
    return { text, etag: entityTagOf(text) };
  };
  const rendered = lazy(render);
  app.get(path, async (c) => {
    const { text, etag } = await rendered();
    const headers = { "content-type": "application/json", "cache-control": "no-cache", etag };
    const known = namesTag(c.req.header("if-none-match") ?? null, etag);
    return known ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
  });
}
