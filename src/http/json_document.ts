import type { Hono } from "hono";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import type { HttpEnv } from "./http_env.ts";

/** Serves what is made when it is first asked for, and kept as text; who has it still need not fetch it. */
export function mountJsonDocument(app: Hono<HttpEnv>, path: string, make: () => unknown): void {
  const render = () => {
    const text = JSON.stringify(make());
    return { text, etag: entityTagOf(text) };
  };
  let rendered: ReturnType<typeof render> | undefined;
  app.get(path, (c) => {
    const { text, etag } = rendered ??= render();
    const headers = { "content-type": "application/json", "cache-control": "no-cache", etag };
    const known = namesTag(c.req.header("if-none-match") ?? null, etag);
    return known ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
  });
}
