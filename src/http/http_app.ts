import { Hono } from "hono";
import type { Config } from "../config.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Tracing } from "../core/tracing.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Bound } from "../operations/handler.ts";
import type { Authenticator } from "./authenticate.ts";
import { mountDocsPage } from "./docs_page.ts";
import { middleware } from "./middleware.ts";
import { type Health, mountHealth } from "./health.ts";
import type { HttpEnv } from "./http_env.ts";
import { mountJsonDocument } from "./json_document.ts";
import { mountMetrics } from "./metrics.ts";
import type { RawRoute } from "../api/raw_route.ts";
import { errorHandler, unknownRoute } from "./problem_response.ts";
import { mountRestTransport } from "./rest_transport.ts";

export interface HttpAppOptions {
  config: Pick<
    Config,
    "corsOrigins" | "trustedProxy" | "publicUrl" | "metricsToken" | "serves" | "limits"
  >;
  log: Log;
  authenticator: Authenticator;
  dispatcher: Dispatcher;
  bound: readonly Bound[];
  health: Health;
  metrics: MetricsRegistry;
  tracing?: Tracing;
  version: string;
  /** Routes that the caller mounts itself; listed here for the OpenAPI document. */
  rawRoutes?: readonly RawRoute[];
  /** Mounts raw routes that would otherwise match a parameter in the path of an operation. */
  mountFirst?(app: Hono<HttpEnv>): void;
}

/**
 * Creates the HTTP app with everything except the raw routes (uploads, `/ws`, `/socket.io/`, `/`),
 * which the composition root adds to the app returned here. Raw routes pass through the same
 * middleware, may throw AppErrors, and find `visitor` and `trace` in the context.
 */
export function createHttpApp(options: HttpAppOptions): Hono<HttpEnv> {
  const { config, log, health, metrics, bound } = options;
  const app = new Hono<HttpEnv>();
  app.use(middleware(config, log, options.tracing, () => app.routes));
  app.onError(errorHandler(log));
  app.notFound((c) => unknownRoute(c, () => app.routes));
  mountHealth(app, health, options.version);
  if (config.serves.metrics) mountMetrics(app, metrics, config.metricsToken);
  if (config.serves.docs) mountDocuments(app, options);
  options.mountFirst?.(app);
  mountRestTransport(app, bound, { ...options, limits: config.limits });
  return app;
}

function mountDocuments(app: Hono<HttpEnv>, options: HttpAppOptions): void {
  const { config, bound } = options;
  mountJsonDocument(
    app,
    "/api/openapi.json",
    async () => {
      const { openApiDocument } = await import("./openapi.ts");
      return openApiDocument(bound.map(({ operation }) => operation), {
        version: options.version,
        publicUrl: config.publicUrl,
        rawRoutes: options.rawRoutes,
      });
    },
  );
  mountDocsPage(app);
}
