import type { ServerOptions } from "engine.io";
import type { CorsOptions } from "./cors.ts";

type Awaitable<T> = T | Promise<T>;

/** `true` lets the session be opened; `false`, or a text for the client, refuses it with 403. */
export type Admission = boolean | string;

/**
 * What the engine can be told. The names that `engine.io` has too mean the same and have the same
 * defaults; those it has for `ws` and `node:http` (`wsEngine`, `perMessageDeflate`,
 * `httpCompression`, Express middleware) and for protocol revision 3 do not exist here.
 */
export interface EngineOptions extends
  Pick<
    ServerOptions,
    | "pingInterval"
    | "pingTimeout"
    | "upgradeTimeout"
    | "maxHttpBufferSize"
    | "allowUpgrades"
    | "initialPacket"
    | "cookie"
  > {
  /**
   * Both by default. `["websocket"]` where two requests of one session may meet two processes
   * (`deno serve --parallel`, a load balancer without sticky routing): long-polling cannot work there.
   */
  transports?: ("polling" | "websocket")[];
  /**
   * Bytes that may wait for one client, be it in its WebSocket or for its next poll; 4 MiB by
   * default. A write that finds more than this waiting ends the session, on a WebSocket with close
   * code 4008; there it is looked at once per 16 KiB. One message always fits, whatever its size,
   * since it finds nothing waiting.
   */
  maxBufferedBytes?: number;
  /**
   * Seconds of silence after which Deno itself pings a WebSocket's peer and, unanswered, cuts the
   * connection. It is what ends the connection of a peer that vanished, so it is kept below the
   * heartbeat's total: `min(30, pingInterval + pingTimeout)` by default, and 1 at least.
   */
  idleTimeout?: number;
  /** Answers to cross-origin requests, and their preflights. None by default: same origin only. */
  cors?: CorsOptions | false;
  /**
   * Asked on every request, WebSocket upgrades included, which CORS does not cover: refuse foreign
   * origins here wherever cookies authenticate. `null` is a request without an Origin header.
   */
  allowOrigin?: (origin: string | null, request: Request) => Awaitable<boolean>;
  /** Asked once a session, before it is opened. A throw refuses it, and is reported to `onFault`. */
  allowRequest?: (request: Request, info: Deno.ServeHandlerInfo) => Awaitable<Admission>;
  /** The client's address, for a server behind a proxy; the peer's by default. */
  remoteAddress?: (request: Request, info: Deno.ServeHandlerInfo) => string;
  /**
   * Told of every error that is not the client's: one thrown by a hook or by a listener of a
   * session, which is then closed. Nothing a client sends comes here. `console.error` by default.
   */
  onFault?: (error: unknown) => void;
}

/** Close codes of the engine's own; an application may use any other of 4000 to 4999. */
export const CLOSE_SERVICE_RESTART = 1012;
export const CLOSE_TOO_BIG = 1009;
export const CLOSE_SLOW_READER = 4008;

const DEFAULT_MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** The limits of a transport, with the defaults filled in. */
export interface TransportLimits {
  maxPayload: number;
  maxBufferedBytes: number;
  idleTimeout: number;
}

export function transportLimits(
  options: EngineOptions,
  heartbeat: { pingInterval: number; pingTimeout: number; maxHttpBufferSize: number },
): TransportLimits {
  const total = Math.floor((heartbeat.pingInterval + heartbeat.pingTimeout) / 1000);
  return {
    maxPayload: heartbeat.maxHttpBufferSize,
    maxBufferedBytes: options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES,
    idleTimeout: options.idleTimeout ?? Math.max(1, Math.min(30, total)),
  };
}
