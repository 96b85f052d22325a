import type { Hono } from "hono";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import { GUIDE, GUIDE_STYLE } from "./docs_guide.ts";
import type { HttpEnv } from "./http_env.ts";

/**
 * Allows only resources of this server; inline styles are allowed because Swagger UI sets styles on
 * its elements.
 */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>RealTimeChat API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/guide.css">
  </head>
  <body>
    ${GUIDE}
    <div id="docs"></div>
    <noscript>This page needs JavaScript; the document is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/**
 * Starts Swagger UI, dark if the system is. Without the validator's badge, which would send the URL
 * of the document to a third party.
 */
const START = `const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayOperationId: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

type Load = () => Promise<string>;

/**
 * The files of Swagger UI from its npm package (the version pinned by the lock file), imported as
 * text modules: they need no read permission, and are loaded on first use.
 */
const ASSETS: Record<string, { type: string; load: Load }> = {
  "swagger-ui.css": {
    type: "text/css; charset=utf-8",
    load: async () =>
      textOf(await import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } })),
  },
  "swagger-ui-bundle.js": {
    type: "text/javascript; charset=utf-8",
    load: async () =>
      textOf(await import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } })),
  },
  "guide.css": {
    type: "text/css; charset=utf-8",
    load: () => Promise.resolve(GUIDE_STYLE),
  },
  "start.js": {
    type: "text/javascript; charset=utf-8",
    load: () => Promise.resolve(START),
  },
};

const textOf = (module: { default: unknown }) => module.default as string;

/** Mounts `/docs`. The page sends no request to another host. */
export function mountDocsPage(app: Hono<HttpEnv>): void {
  for (const path of ["/docs", "/docs/"]) {
    app.get(path, (c) => c.html(PAGE, 200, { "content-security-policy": POLICY }));
  }
  for (const [name, { type, load }] of Object.entries(ASSETS)) {
    let loaded: Promise<{ text: string; etag: string }> | undefined;
    const loadOnce = async () => {
      const text = await load();
      return { text, etag: entityTagOf(text) };
    };
    app.get(`/docs/${name}`, async (c) => {
      const { text, etag } = await (loaded ??= loadOnce());
      const headers = { "content-type": type, "cache-control": "public, max-age=3600", etag };
      const isKnown = namesTag(c.req.header("if-none-match") ?? null, etag);
      return isKnown
        ? new Response(null, { status: 304, headers })
        : new Response(text, { headers });
    });
  }
}
