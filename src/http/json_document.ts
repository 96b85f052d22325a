import type { Hono } from "hono";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import { lazy } from "../core/lazy.ts";
import type { HttpEnv } from "./http_env.ts";

/**
 * Serves a document that the first request creates and that is then cached as text. A client that
 * has the current version gets 304.
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
    const isCurrent = namesTag(c.req.header("if-none-match") ?? null, etag);
    return isCurrent
      ? new Response(null, { status: 304, headers })
      : new Response(text, { headers });
  });
}
