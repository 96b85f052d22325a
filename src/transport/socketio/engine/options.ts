import type { ServerOptions } from "engine.io";
import type { CorsOptions } from "./cors.ts";

type Awaitable<T> = T | Promise<T>;

/** `true` admits the session; `false`, or a text for the client, refuses it with 403. */
export type Admission = boolean | string;

/**
 * Options of the engine. Names that `engine.io` also has mean the same and have the same defaults.
 * Its options for `ws` and `node:http` (`wsEngine`, `perMessageDeflate`, `httpCompression`, Express
 * middleware) and for protocol revision 3 do not exist here.
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
   * Both by default. Use `["websocket"]` if two requests of one session may reach two processes
   * (`deno serve --parallel`, a load balancer without sticky routing): long-polling cannot work
   * there.
   */
  transports?: ("polling" | "websocket")[];
  /**
   * Maximum number of bytes waiting for one client, in its WebSocket or for its next poll; 4 MiB by
   * default. A write that finds more than this waiting ends the session, on a WebSocket with close
   * code 4008; there it is checked once per 16 KiB. One message always fits, whatever its size,
   * because it finds nothing waiting.
   */
  maxBufferedBytes?: number;
  /**
   * Seconds of silence after which Deno pings a WebSocket's peer and, without an answer, closes the
   * connection. This ends the connection of a peer that vanished, so it is kept below the
   * heartbeat's total: `min(30, pingInterval + pingTimeout)` by default, and at least 1.
   */
  idleTimeout?: number;
  /**
   * CORS headers for cross-origin requests and their preflights. None by default: same origin only.
   */
  cors?: CorsOptions | false;
  /**
   * Called for every request, including WebSocket upgrades, which CORS does not cover: refuse
   * foreign origins here if cookies authenticate. `null` is a request without an Origin header.
   */
  allowOrigin?: (origin: string | null, request: Request) => Awaitable<boolean>;
  /**
   * Called once per session, before it is opened. If it throws, the session is refused and the
   * error goes to `onFault`.
   */
  allowRequest?: (request: Request, info: Deno.ServeHandlerInfo) => Awaitable<Admission>;
  /** Returns the client's address, for a server behind a proxy; the peer's address by default. */
  remoteAddress?: (request: Request, info: Deno.ServeHandlerInfo) => string;
  /**
   * Receives every error that is not the client's: one thrown by a hook, or by a listener of a
   * session, which is then closed. Input from clients never causes a call. `console.error` by
   * default.
   */
  onFault?: (error: unknown) => void;
}

/** Close codes that the engine itself uses; an application may use any other from 4000 to 4999. */
export const CLOSE_SERVICE_RESTART = 1012;
export const CLOSE_TOO_BIG = 1009;
export const CLOSE_SLOW_READER = 4008;

const DEFAULT_MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Limits of a transport, with the defaults filled in. */
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
