import { Hono } from "hono";
import type { Config } from "../config.ts";
import { entityTagOf, namesTag } from "../core/entity_tag.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Bound } from "../operations/handler.ts";
import type { Authenticator } from "./authenticate.ts";
import { mountDocsPage } from "./docs_page.ts";
import { edge } from "./edge.ts";
import { type Health, mountHealth } from "./health.ts";
import type { HttpEnv } from "./http_env.ts";
import { mountMetrics } from "./metrics.ts";
import { openApiDocument, type RawRoute } from "./openapi.ts";
import { errorHandler, unknownRoute } from "./problem_response.ts";
import { mountRestDoor } from "./rest_door.ts";

export interface HttpAppOptions {
  config: Pick<
    Config,
    "corsOrigins" | "trustedProxy" | "publicUrl" | "metricsToken" | "limits"
  >;
  log: Log;
  authenticator: Authenticator;
  dispatcher: Dispatcher;
  bound: readonly Bound[];
  health: Health;
  metrics: MetricsRegistry;
  version: string;
  /** Routes that the caller mounts itself, for the document. */
  rawRoutes?: readonly RawRoute[];
  /** Mounts raw routes that would otherwise be taken for a parameter of an operation's path. */
  mountFirst?(app: Hono<HttpEnv>): void;
}

/**
 * Everything that is served over HTTP but the raw routes (uploads, `/ws`, `/socket.io/`, `/`), which
 * the composition root adds to what it gets here. They pass through the same edge, may throw
 * AppErrors, and find `visitor` and `trace` in the context.
 */
export function createHttpApp(options: HttpAppOptions): Hono<HttpEnv> {
  const { config, log, health, metrics, bound } = options;
  const app = new Hono<HttpEnv>();
  app.use(edge(config, log));
  app.onError(errorHandler(log));
  app.notFound((c) => unknownRoute(c, () => app.routes));
  mountHealth(app, health);
  mountMetrics(app, metrics, config.metricsToken);
  mountDocument(app, options);
  mountDocsPage(app);
  options.mountFirst?.(app);
  mountRestDoor(app, bound, { ...options, limits: config.limits });
  return app;
}

/** Made when it is first asked for, and kept as text. */
function mountDocument(app: Hono<HttpEnv>, { bound, config, version, rawRoutes }: HttpAppOptions) {
  const make = () => {
    const text = JSON.stringify(openApiDocument(bound.map(({ operation }) => operation), {
      version,
      publicUrl: config.publicUrl,
      rawRoutes,
    }));
    return { text, etag: entityTagOf(text) };
  };
  let made: ReturnType<typeof make> | undefined;
  app.get("/api/openapi.json", (c) => {
    const { text, etag } = made ??= make();
    const headers = { "content-type": "application/json", "cache-control": "no-cache", etag };
    const known = namesTag(c.req.header("if-none-match") ?? null, etag);
    return known ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
  });
}
