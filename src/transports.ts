import type { Hono } from "hono";
import { mountAccountPages } from "./auth/routes.ts";
import { mountProviderReturn } from "./auth/providers/routes.ts";
import type { Config } from "./config.ts";
import { Health } from "./http/health.ts";
import { createHttpApp } from "./http/http_app.ts";
import { mountJsonDocument } from "./http/json_document.ts";
import type { HttpEnv } from "./http/http_env.ts";
import { registerProcessMetrics } from "./http/metrics.ts";
import { blobProbe } from "./media/blobs/probe.ts";
import { MEDIA_ROUTES } from "./api/operations/media_bytes.ts";
import { mountMedia } from "./media/routes.ts";
import type { Caller, Visitor } from "./model/caller.ts";
import { Dispatcher } from "./operations/dispatcher.ts";
import type { Bound } from "./operations/handler.ts";
import { operationObserver } from "./operations/operation_metrics.ts";
import type { Broker } from "./cluster/broker.ts";
import type { AppContext } from "./app_context.ts";
import type { Services } from "./services.ts";
import { CommandTable } from "./transport/command_table.ts";
import { SocketAdmission, type SocketAdmissionLimits } from "./transport/socket_admission.ts";
import { SocketIoTransport } from "./transport/socketio/socketio_transport.ts";
import { WsTransport } from "./transport/ws/ws_transport.ts";
import { EXPORT_OWN_USER_ROUTE } from "./api/operations/own_users.ts";
import { mountOwnUserExport } from "./own_users/routes.ts";
import { EXPORT_ROUTE } from "./api/operations/personal_data.ts";
import { mountExport } from "./users/routes.ts";
import { mountWebPage, type PageOptions } from "./web/routes.ts";
import { VERSION } from "./version.ts";

export interface Transports {
  http: Hono<HttpEnv>;
  ws: WsTransport;
  socketio: SocketIoTransport;
  health: Health;
  /** Decides whether sockets may be opened. */
  admission: SocketAdmission;
}

/** Creates REST, `/ws` and Socket.IO, which all offer the same operations. */
export function createTransports(
  context: AppContext,
  services: Services,
  bound: Bound[],
  polling: boolean,
): Transports {
  const dispatcher = createDispatcher(context, services);
  const admission = new SocketAdmission(socketLimitsOf(context.config));
  const { ws, socketio } = createSocketTransports(
    context,
    services,
    bound,
    dispatcher,
    polling,
    admission,
  );
  const { broker } = context.adapters.backplane;
  const health = new Health([
    { name: "store", kind: "ready", check: () => context.adapters.store.ping() },
    { name: "broker", kind: "degraded", check: () => mustWork(broker) },
    { name: "blobs", kind: "degraded", check: blobProbe(context.adapters.blobs) },
  ], context.log);
  registerMetrics(context, broker, { ws, socketio, admission });
  const http = createHttp(context, services, bound, dispatcher, health);
  http.get("/ws", (c) => ws.upgrade(c.req.raw, c.get("visitor")));
  http.all("/socket.io/", (c) => socketio.handle(c.req.raw, c.env as Deno.ServeHandlerInfo));
  return { http, ws, socketio, health, admission };
}

/**
 * Resident bytes above which no socket is admitted on Deno Deploy, which gives a process 512 MiB.
 * About 75 MiB of what is resident are pages of the program's file, which the kernel can drop: what
 * remains is enough for the largest frame that Deno buffers (64 MiB) and an upload. Lower by 64
 * MiB, the first picture of a process refused every socket until its decoder was idle: measured as
 * 395 to 415 MiB.
 */
const DEPLOY_SOCKET_MEMORY = 464 * 1024 * 1024;

function socketLimitsOf({ onDenoDeploy, limits }: Config): SocketAdmissionLimits {
  const { socketsPerAddress, socketsBeforeHello, socketMemoryBytes } = limits;
  const memoryBytes = onDenoDeploy
    ? Math.min(socketMemoryBytes, DEPLOY_SOCKET_MEMORY)
    : socketMemoryBytes;
  return { socketsPerAddress, socketsBeforeHello, memoryBytes };
}

function createDispatcher(context: AppContext, { users, dayCounter }: Services): Dispatcher {
  const { adapters, config, log, metrics, tracing } = context;
  return new Dispatcher({
    limiter: adapters.backplane.limiter,
    rates: config.rates,
    log,
    isAdmin: ({ userId }) => users.administrators.isAdmin(userId),
    observe: operationObserver(metrics),
    onRequest: (userId) => dayCounter.active(userId),
    pageSize: config.limits.pageSize,
    tracing,
    checkAnswers: config.environment === "test",
  });
}

function createSocketTransports(
  { config, clock, log }: AppContext,
  { apiKeys, catchUp, hub }: Services,
  bound: Bound[],
  dispatcher: Dispatcher,
  polling: boolean,
  admission: SocketAdmission,
) {
  const { limits, corsOrigins, publicUrl, trustedProxy } = config;
  const options = {
    commands: new CommandTable(bound, dispatcher),
    services: {
      authenticate: (token: string, visitor: Visitor) =>
        apiKeys.authentication.authenticatePerson(token, visitor),
      charge: (caller: Caller) => dispatcher.charge("hello", caller),
      chargeFurther: (caller: Caller, uses: number) =>
        dispatcher.chargeFurther("hello", caller, uses),
      catchUp,
      hub,
      clock,
      limits,
    },
    log,
    corsOrigins,
    publicUrl,
    limits,
    admission,
  };
  return {
    ws: new WsTransport(options),
    socketio: new SocketIoTransport({ ...options, trustedProxy, polling }),
  };
}

function createHttp(
  { config, log, metrics, tracing }: AppContext,
  { auth, apiKeys, ownUsers, users, media }: Services,
  bound: Bound[],
  dispatcher: Dispatcher,
  health: Health,
): Hono<HttpEnv> {
  const authenticator = apiKeys.authentication;
  const http = createHttpApp({
    config,
    log,
    authenticator,
    dispatcher,
    bound,
    health,
    metrics,
    tracing,
    version: VERSION,
    rawRoutes: [EXPORT_ROUTE, EXPORT_OWN_USER_ROUTE, ...MEDIA_ROUTES],
    mountFirst: (app) => {
      const shared = { ...users, authenticator, dispatcher, audit: auth.audit, proof: auth.proof };
      mountExport(app, shared);
      mountOwnUserExport(app, { ...shared, people: ownUsers.people });
    },
  });
  if (config.serves.docs) {
    mountJsonDocument(http, "/api/asyncapi.json", async () => {
      const { asyncApiDocument } = await import("./transport/async_api.ts");
      const operations = bound.map(({ operation }) => operation);
      return asyncApiDocument(operations, { ...config, version: VERSION });
    });
  }
  mountAccountPages(http, { dispatcher, bound, links: auth.links, limits: config.limits });
  mountMedia(http, { media, authenticator, dispatcher });
  if (config.serves.page) {
    mountWebPage(http, pageOptionsOf(config));
    mountProviderReturn(http);
  }
  return http;
}

/** Read by the page beside the providers. */
const NO_REGISTRATION = "no-registration";

function pageOptionsOf({ s3, google, facebook, oidc, ...config }: Config): PageOptions {
  const { onDenoDeploy, localRegistration } = config;
  const providers = [
    ...google === null ? [] : ["google=Google"],
    ...facebook === null ? [] : ["facebook=Facebook"],
    ...oidc.map(({ name, title }) => `${name}=${encodeURIComponent(title)}`),
  ];
  return {
    mediaOrigin: s3 === null ? undefined : bucketOrigin(s3),
    providers: [...providers, ...localRegistration ? [] : [NO_REGISTRATION]],
    onDenoDeploy,
  };
}

/** Returns the origin of signed URLs of media. */
function bucketOrigin({ bucket, region, ...s3 }: NonNullable<Config["s3"]>): string {
  const endpoint = s3.publicEndpointUrl ?? s3.endpointUrl;
  return endpoint ? new URL(endpoint).origin : `https://${bucket}.s3.${region}.amazonaws.com`;
}

function registerMetrics(
  { metrics }: AppContext,
  broker: Broker,
  { ws, socketio, admission }: Pick<Transports, "ws" | "socketio" | "admission">,
) {
  registerProcessMetrics(metrics);
  metrics.gauge("realtimechat_broker_operations", "Calls made to reach other instances", () => {
    return broker.operations;
  });
  metrics.gauge("realtimechat_sockets", "Sockets that are open", () => {
    return ws.size + socketio.size;
  });
  metrics.gauge(
    "realtimechat_sockets_waiting_bytes",
    "Bytes that wait in this process for clients to read them",
    () => ws.waitingBytes + socketio.waitingBytes,
  );
  metrics.gauge("realtimechat_sockets_refused", "Sockets that were refused since the start", () => {
    return admission.refused;
  });
}

function mustWork(broker: Broker): Promise<void> {
  const fault = broker.fault();
  return fault === null ? Promise.resolve() : Promise.reject(new Error(fault));
}
